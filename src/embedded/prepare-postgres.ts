import { chmod, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OpsError } from '../domain/ops-error.ts';
import { ensureReachable } from './ensure-reachable.ts';
import { initPostgres } from './init-postgres.ts';
import { type PostgresBinaries, postgresBinaries, postgresMajorVersion } from './postgres-binaries.ts';
import { type PostgresUser, postgresUser } from './postgres-user.ts';
import { runCommand } from './run-command.ts';

/** All that must be in place before the server is spawned. */
export interface PreparedPostgres {
  /** The data folder of Postgres, without symbolic links. */
  data: string;
  binaries: PostgresBinaries;
  user: PostgresUser['user'];
  password: string;
  firstStart: boolean;
  notices: string[];
}

const CHOWN_TIMEOUT_MS = 600_000;
const OTHER_HOME = 'set OPSCONDUCTOR_HOME to a folder such as /var/lib/opsconductor';
const OTHER_CHECKOUT = 'move this checkout to a folder that all users may enter, such as /opt';

const openTheWay = async (folder: string, binaries: PostgresBinaries, user: PostgresUser['user']): Promise<void> => {
  if (user === undefined) return;
  await chmod(folder, ((await stat(folder)).mode & 0o777) | 0o011);
  await ensureReachable({ folder, user, advice: OTHER_HOME });
  await ensureReachable({ folder: dirname(binaries.postgres), user, advice: OTHER_CHECKOUT });
};

/** A folder that was moved here from an ordinary user, or from another machine, belongs to a number that means nobody here. */
const takeOwnership = async (data: string, user: PostgresUser['user']): Promise<string[]> => {
  if (user === undefined || (await stat(data)).uid === user.uid) return [];
  const { succeeded, problem } = await runCommand('chown', ['-R', `${user.uid}:${user.gid}`, data], { timeoutMs: CHOWN_TIMEOUT_MS });
  if (succeeded) return [`Gave ${data} to the user postgres, since Postgres refuses to run as root.`];
  throw new OpsError('UNAVAILABLE', `${data} cannot be given to the user postgres (${problem}): run chown -R postgres ${data}.`);
};

const versionOf = (data: string): Promise<string> =>
  readFile(join(data, 'PG_VERSION'), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return '';
    const message = `The data folder ${data} cannot be read by this user: start as its owner, or as root, which hands it to the user postgres.`;
    throw new OpsError('UNAVAILABLE', message, { cause });
  });

const refuseOtherVersion = async (data: string, ours: string): Promise<void> => {
  const theirs = (await versionOf(data)).trim();
  if (theirs === ours) return;
  const message =
    theirs === ''
      ? `${data} is no database, since its PG_VERSION is missing: put the folder back from a backup, or move it away to start empty.`
      : `${data} was made by Postgres ${theirs}, and this is Postgres ${ours}: dump it with the version that made it and restore the dump here, or move it away to start empty.`;
  throw new OpsError('UNAVAILABLE', message);
};

/**
 * Finds the executables and the user for them, and makes the data folder on the first start.
 * @throws OpsError UNAVAILABLE, with what to do, when something of it is missing, closed or of another version.
 */
export const preparePostgres = async (folder: string): Promise<PreparedPostgres> => {
  const binaries = await postgresBinaries();
  const { user, notices } = await postgresUser();
  await openTheWay(folder, binaries, user);
  const version = await postgresMajorVersion(binaries, { ...user, cwd: dirname(binaries.postgres) });
  const { password, firstStart } = await initPostgres({ folder, binaries, user });
  const data = await realpath(join(folder, 'postgres'));
  await refuseOtherVersion(data, version);
  return { data, binaries, user, password, firstStart, notices: [...notices, ...(await takeOwnership(data, user))] };
};
