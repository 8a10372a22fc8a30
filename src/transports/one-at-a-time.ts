import { Aborted } from '../domain/aborted.ts';

/** Whole seconds, or tenths of the first ten. */
const seconds = (ms: number): string => (ms < 10_000 ? (ms / 1_000).toFixed(1) : String(Math.round(ms / 1_000)));

/**
 * Runs works one after the other, in the order in which they came; the failure of one does not hold the next.
 * @param connection as people call it, such as `SMTP to mx.example.org port 25`
 * @throws Aborted `not_sent` when the signal aborts before a work's turn has come; the work is then never begun
 */
export const oneAtATime = (connection: string) => {
  let last: Promise<unknown> = Promise.resolve();

  const untilTurn = async (before: Promise<unknown>, signal: AbortSignal): Promise<void> => {
    const since = performance.now();
    const aborted = Promise.withResolvers<'aborted'>();
    const onAbort = (): void => aborted.resolve('aborted');
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const first = await Promise.race([aborted.promise, before]).finally(() => signal.removeEventListener('abort', onAbort));
    if (first !== 'aborted' && !signal.aborted) return;
    const waited = seconds(performance.now() - since);
    const message = `It had waited ${waited} s for ${connection}, which other actions of the branch use one after the other; nothing was sent.`;
    throw new Aborted('not_sent', message, signal.reason);
  };

  return async <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> => {
    const before = last;
    const done = Promise.withResolvers<void>();
    // Who gives up leaves the line; those behind still wait for those before.
    last = before.then(() => done.promise);
    try {
      await untilTurn(before, signal);
      return await work();
    } finally {
      done.resolve();
    }
  };
};
