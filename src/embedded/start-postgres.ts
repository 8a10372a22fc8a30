import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OpsError } from '../domain/ops-error.ts';
import { claimPort } from './claim-port.ts';
import { ensurePostgresDatabase } from './ensure-postgres-database.ts';
import { folderProblem } from './folder-problem.ts';
import { POSTGRES_LOGIN } from './init-postgres.ts';
import { preparePostgres } from './prepare-postgres.ts';
import { releasePostgresFolder } from './release-postgres-folder.ts';
import type { ServerExit, ServerProcess } from './spawn-server.ts';
import { spawnPostgres } from './spawn-postgres.ts';

export interface StartPostgres {
  /** The data folder, held by openDataFolder. */
  folder: string;
  /** 0: any free one. */
  port: number;
  log: (line: string) => void;
}

export interface EmbeddedPostgres extends AsyncDisposable {
  /** With the password: not for logs. */
  url: string;
  port: number;
  pid: number;
  firstStart: boolean;
  /** What was changed on this machine that its owner should know. */
  notices: string[];
  /** Resolves when the server ends, whoever ended it. */
  onExit: Promise<ServerExit>;
  stop: () => Promise<void>;
}

const ATTEMPTS = 40;
const BETWEEN_ATTEMPTS_MS = 250;
/** What a killed server leaves for a moment: its backends, or an orphan that has just begun. */
const HELD_FOR_A_MOMENT = /pre-existing shared memory block|lock file "postmaster\.pid" already exists/;

/** Answers whether the server takes logins now; false: the data folder was held for a moment by what a killed server left. */
const becomesReady = async (server: ServerProcess, url: string, passwordFile: string): Promise<boolean> => {
  const ended = new AbortController();
  void server.onExit.then(() => ended.abort());
  try {
    await ensurePostgresDatabase({ url, passwordFile, signal: ended.signal });
    return true;
  } catch (cause) {
    await server.stop();
    const lines = await server.lastLines();
    if (ended.signal.aborted && HELD_FOR_A_MOMENT.test(lines)) return false;
    if (cause instanceof OpsError) throw cause;
    throw new OpsError('UNAVAILABLE', `The embedded Postgres did not start; its last lines: ${lines}`, { cause });
  }
};

/**
 * Starts the embedded Postgres of a data folder, makes its database on the first start, and resolves when it takes logins on 127.0.0.1.
 * A server that a killed `up` left running on the folder is stopped first. Ctrl-C in the terminal does not reach it.
 * @throws OpsError CONFLICT when the port is taken; UNAVAILABLE, with what to do, when it cannot run here or ends while it starts.
 */
export const startPostgres = async ({ folder, port, log }: StartPostgres): Promise<EmbeddedPostgres> => {
  const prepared = await preparePostgres(folder).catch((cause: unknown) => {
    throw folderProblem(cause, folder);
  });
  const { password, firstStart, notices } = prepared;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    await releasePostgresFolder(prepared.data, log);
    const claimed = await claimPort({ port, what: 'the embedded Postgres', variable: 'OPSCONDUCTOR_POSTGRES_PORT' });
    const url = `postgresql://${POSTGRES_LOGIN}:${password}@127.0.0.1:${claimed}/opsconductor`;
    const server = await spawnPostgres(prepared, claimed);
    if (await becomesReady(server, url, join(folder, 'postgres-password'))) {
      const { pid, onExit, stop } = server;
      return { url, port: claimed, pid, firstStart, notices, onExit, stop, [Symbol.asyncDispose]: stop };
    }
    await sleep(BETWEEN_ATTEMPTS_MS);
  }
  throw new OpsError(
    'UNAVAILABLE',
    `The database in ${prepared.data} stays locked by what an earlier server left: end the postgres processes on that folder.`,
  );
};
