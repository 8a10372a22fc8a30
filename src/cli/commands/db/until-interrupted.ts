import { EXIT_CODES } from '../../exit-code.ts';
import { waitForSignal } from '../../wait-for-signal.ts';

/** Runs work that Ctrl-C or SIGTERM ends in order: the work cleans up, `message` is told, and the exit code says so. */
export const untilInterrupted = async (message: string, work: (signal: AbortSignal) => Promise<void>): Promise<void> => {
  const stop = new AbortController();
  void waitForSignal().then(() => stop.abort());
  try {
    await work(stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write(`${message}\n`);
    process.exitCode = EXIT_CODES.interrupted;
  }
};
