/** The bench was told to end. */
export class Interrupted extends Error {
  override name = 'Interrupted';
}

/** Rejects when the bench is told to end, and for errors that nobody waits for: they too must not leave servers behind. */
const untilCutOff = (): Promise<never> =>
  new Promise((_, reject) => {
    process.on('uncaughtException', reject);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => reject(new Interrupted(`${signal}: stopping what was started.`)));
    }
  });

/**
 * Runs a measurement; what it puts on the stack is disposed at its end, also when it fails or the bench is told to end.
 * Signals that come meanwhile are swallowed, so that nothing is left behind.
 */
export const withCleanup = async (measure: (stack: AsyncDisposableStack) => Promise<void>): Promise<void> => {
  const cutOff = untilCutOff();
  const stack = new AsyncDisposableStack();
  try {
    await Promise.race([measure(stack), cutOff]);
  } finally {
    await stack.disposeAsync();
  }
};
