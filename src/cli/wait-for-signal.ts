/** Resolves with the first SIGINT or SIGTERM; later ones are swallowed, so that stopping is not cut short. */
export const waitForSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve(signal));
  });

/** A person, or the machine, wants this process to end. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

/** Aborted, with `Stopped` as its reason, by the signal that is waited for. */
export const abortedBy = (signal: Promise<NodeJS.Signals>): AbortSignal => {
  const controller = new AbortController();
  void signal.then((name) => controller.abort(new Stopped(name)));
  return controller.signal;
};

/** What comes first: the work, or the end of the wish for it. For work that leaves nothing behind. @throws the reason of the signal. */
export const unlessAborted = async <T>(work: Promise<T>, signal: AbortSignal): Promise<T> => {
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  work.catch(() => undefined);
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
};
