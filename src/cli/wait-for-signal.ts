/** Resolves with the first SIGINT or SIGTERM; later ones are swallowed, so that stopping is not cut short. */
export const waitForSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve(signal));
  });
