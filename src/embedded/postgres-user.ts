import { OpsError } from '../domain/ops-error.ts';
import { runCommand } from './run-command.ts';

export interface PostgresUser {
  /** Undefined: the user of this process, which is not root. */
  user: { uid: number; gid: number } | undefined;
  notices: string[];
}

const NAME = 'postgres';
const TIMEOUT_MS = 20_000;

const idOf = async (flag: '-u' | '-g'): Promise<number | undefined> => {
  const { succeeded, stdout } = await runCommand('id', [flag, NAME], { timeoutMs: TIMEOUT_MS });
  return succeeded ? Number(stdout) : undefined;
};

const lookUp = async (): Promise<{ uid: number; gid: number } | undefined> => {
  const [uid, gid] = await Promise.all([idOf('-u'), idOf('-g')]);
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
};

/**
 * Whom Postgres runs as: it refuses to run as root, so root lends it the system user `postgres`, which is made when missing and told in the notices.
 * @throws OpsError UNAVAILABLE when there is no such user and it cannot be made.
 */
export const postgresUser = async (): Promise<PostgresUser> => {
  if (process.getuid?.() !== 0) return { user: undefined, notices: [] };
  const existing = await lookUp();
  if (existing !== undefined) return { user: existing, notices: [] };
  const args = ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', NAME];
  const { problem } = await runCommand('useradd', args, { timeoutMs: TIMEOUT_MS });
  const user = await lookUp(); // another `up` may have made it meanwhile, then useradd failed and all is well
  if (user !== undefined) return { user, notices: ['Made the system user postgres, since Postgres refuses to run as root.'] };
  const advice = 'make one by hand, start as an ordinary user, or set DATABASE_URL';
  throw new OpsError(
    'UNAVAILABLE',
    `Postgres refuses to run as root and the system user postgres could not be made (${problem}): ${advice}.`,
  );
};
