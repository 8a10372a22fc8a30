import type { ExecutionStatus } from '../contracts/enums.ts';
import { OpsError } from '../domain/ops-error.ts';
import type { ErrorCode } from '../domain/ops-error.ts';

/** Exit codes of every command; EXIT_CODE_HELP says them to people. */
export const EXIT_CODES = { ok: 0, failed: 1, misuse: 2, cancelled: 3, unreachable: 4, broken: 70, interrupted: 130 } as const;

export const EXIT_CODE_HELP = `
Exit codes:
  0    it was done; of a run: it completed, or has not ended yet
  1    the run failed, or a connection test did; of db status: the database is not at this version; of
       schedules plan and diff: something is wrong
  2    misuse: wrong arguments, a wrong file, or something that cannot be done; of db commands also a
       database that cannot be used; of schedules plan and diff: there are changes
  3    the run was cancelled
  4    OpsConductor cannot be reached, cannot work, has failed or asks to wait, or you are not logged in or
       not allowed
  70   this program failed
  130  stopped with Ctrl-C; a run that was watched goes on`;

const UNREACHABLE: readonly ErrorCode[] = [
  'UNAVAILABLE',
  'INTERNAL',
  'PROTOCOL_ERROR',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'PASSWORD_CHANGE_REQUIRED',
  'RATE_LIMITED',
  'MAINTENANCE',
  'REQUEST_TIMEOUT',
];

/** Exit code of a command that an error ended. */
export const exitCodeOfError = (code: ErrorCode): number => (UNREACHABLE.includes(code) ? EXIT_CODES.unreachable : EXIT_CODES.misuse);

/** Commands about the database: whatever makes it unusable, their answer is 2, and nothing was done. */
const DATABASE_COMMANDS: readonly (string | undefined)[] = ['db', 'migrate'];

/** With it a command of those talks to the API as all others do. */
const BY_API = '--api';

/** Commands that say with 2 that there is something to do, so that misuse must be another code. */
const PLANS: readonly string[] = ['plan', 'diff'];

/** Exit code of a command that an error ended; `words`: what was typed, `code`: what the error means elsewhere. */
export const exitCodeOfCommand = (words: readonly string[], error: unknown, code: number): number => {
  const [command] = words;
  if (command === 'schedules' && code === EXIT_CODES.misuse && PLANS.some((plan) => words.includes(plan))) return EXIT_CODES.failed;
  return error instanceof OpsError && DATABASE_COMMANDS.includes(command) && !words.includes(BY_API) ? EXIT_CODES.misuse : code;
};

/** Exit code of a command that shows a run. */
export const exitCodeOfRun = (status: ExecutionStatus): number => {
  if (status === 'failed') return EXIT_CODES.failed;
  return status === 'cancelled' ? EXIT_CODES.cancelled : EXIT_CODES.ok;
};
