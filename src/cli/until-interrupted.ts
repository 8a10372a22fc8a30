const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Does something that Ctrl-C ends in order, by the signal that it is given. */
export const untilInterrupted = async <Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> => {
  const stop = new AbortController();
  const onInterrupt = (): void => stop.abort();
  for (const name of SIGNALS) process.once(name, onInterrupt);
  try {
    return await work(stop.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, onInterrupt);
  }
};
