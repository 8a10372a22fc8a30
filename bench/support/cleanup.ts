/** The bench was told to end. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}

const untilSignal = (): Promise<never> =>
  new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => reject(new Interrupted(`${signal}: stopping what was started.`)));
    }
  });

/**
 * Runs a measurement; what it puts on the stack is disposed at its end, also when it fails or the bench is told to end.
 * Signals that come while this is going on are swallowed, so that nothing is left behind.
 */
export const withCleanup = async (measure: (stack: AsyncDisposableStack) => Promise<void>): Promise<void> => {
  const signal = untilSignal();
  const stack = new AsyncDisposableStack();
  try {
    await Promise.race([measure(stack), signal]);
  } finally {
    await stack.disposeAsync();
  }
};
