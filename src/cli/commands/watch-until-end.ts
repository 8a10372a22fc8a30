import type { CliSession } from '../cli-session.ts';
import { EXIT_CODES, exitCodeOfRun } from '../exit-code.ts';
import { hasEnded } from '../run-progress.ts';
import { untilInterrupted } from '../until-interrupted.ts';
import { watchRun } from '../watch-run.ts';

/** Watches a run from the command line and sets the exit code by it. Ctrl-C ends the watching, not the run. */
export const watchUntilEnd = async (session: CliSession, serial: string): Promise<void> => {
  const { client, config, isData, stderr, say } = session;
  const execution = await untilInterrupted((signal) =>
    watchRun(client, serial, {
      out: stderr,
      noColor: config.noColor,
      signal,
      ...(isData && { onEvent: (event) => session.printItem(event, '') }),
    }),
  );
  process.exitCode = exitCodeOfRun(execution.status);
  if (hasEnded(execution.status)) return;
  say(`The run goes on. Watch it again: opsconductor runs watch ${serial}; stop it: opsconductor runs cancel ${serial}`);
  process.exitCode = EXIT_CODES.interrupted;
};
