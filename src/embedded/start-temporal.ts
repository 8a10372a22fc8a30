import { writeFileSync } from 'node:fs';
import { chmod, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { OpsError } from '../domain/ops-error.ts';
import { claimPort } from './claim-port.ts';
import { folderProblem } from './folder-problem.ts';
import { releaseTemporalFile, TEMPORAL_STOP, type TemporalFiles } from './release-temporal-file.ts';
import { type ServerExit, type ServerProcess, spawnServer } from './spawn-server.ts';
import { waitForTemporal } from './wait-for-temporal.ts';

export interface StartTemporal {
  /** Of findTemporal. */
  executable: string;
  /** The data folder, held by openDataFolder. */
  folder: string;
  /** 0: any free one. */
  port: number;
  /** 0: any free one. */
  uiPort: number;
  namespace: string;
  log: (line: string) => void;
}

export interface EmbeddedTemporal extends AsyncDisposable {
  address: string;
  uiUrl: string;
  pid: number;
  /** Resolves when the server ends, whoever ended it. */
  onExit: Promise<ServerExit>;
  stop: () => Promise<void>;
}

/**
 * The limits are made for a shared cluster; here they would only slow a large job down. Longer ids would not fit a Postgres cluster later. Schedules that are due in the same second start
 * at this rate together. Eager: a
 * worker that schedules an action gets it in the same answer.
 */
const DYNAMIC_CONFIG = [
  'frontend.namespaceRPS=20000',
  'frontend.rps=20000',
  'history.rps=20000',
  'matching.rps=20000',
  'limit.maxIDLength=255',
  'system.enableActivityEagerExecution=true',
  'worker.schedulerNamespaceStartWorkflowRPS=100',
];
/**
 * The default journal manages a sixth of the branches a second; after a power cut the last moments may be missing, the file stays whole. The default
 * page cache of 2 MiB is soon too small for the file: with 64 MiB, and a checkpoint of the journal each 32 MiB, a branch costs this server a quarter less CPU.
 */
const PRAGMAS = ['journal_mode=WAL', 'synchronous=NORMAL', 'cache_size=-65536', 'wal_autocheckpoint=8000', 'temp_store=MEMORY'];

const argumentsOf = (database: string, ports: { grpc: number; ui: number }, namespace: string): string[] => [
  'server',
  'start-dev',
  '--ip=127.0.0.1',
  `--port=${ports.grpc}`,
  `--ui-port=${ports.ui}`,
  `--namespace=${namespace}`,
  '--log-level=warn',
  `--db-filename=${database}`,
  ...PRAGMAS.flatMap((pragma) => ['--sqlite-pragma', pragma]),
  ...DYNAMIC_CONFIG.flatMap((value) => ['--dynamic-config-value', value]),
];

const spawnTemporal = (
  { executable, namespace }: StartTemporal,
  folder: string,
  files: TemporalFiles,
  ports: { grpc: number; ui: number },
) =>
  spawnServer({
    what: 'The embedded Temporal',
    executable,
    args: argumentsOf(files.database, ports, namespace),
    cwd: folder,
    logFile: join(folder, 'logs', 'temporal.log'),
    env: { HOME: folder }, // the user's own Temporal configuration is for other servers
    user: undefined,
    started: (pid) => writeFileSync(files.pidFile, `${pid}\n`),
    stopSteps: TEMPORAL_STOP,
  });

const untilReady = async (server: ServerProcess, port: number, namespace: string): Promise<void> => {
  const ended = new AbortController();
  void server.onExit.then(() => ended.abort());
  try {
    await waitForTemporal({ port, namespace, signal: ended.signal });
  } catch (cause) {
    await server.stop();
    throw new OpsError('UNAVAILABLE', `The embedded Temporal did not start; its last lines: ${await server.lastLines()}`, { cause });
  }
};

/**
 * Starts the Temporal dev server on the database file of a data folder, and resolves when it answers for the namespace on 127.0.0.1.
 * A server that a killed `up` left running on the file is stopped first. Ctrl-C in the terminal does not reach it.
 * @throws OpsError CONFLICT when a port is taken; UNAVAILABLE, with its last lines, when it cannot run here or ends while it starts.
 */
export const startTemporal = async (options: StartTemporal): Promise<EmbeddedTemporal> => {
  const folder = await realpath(options.folder);
  const files = { database: join(folder, 'temporal.db'), pidFile: join(folder, 'temporal.pid') };
  await releaseTemporalFile(files, options.log).catch((cause: unknown) => {
    throw folderProblem(cause, files.database);
  });
  const grpc = await claimPort({ port: options.port, what: 'the embedded Temporal', variable: 'OPSCONDUCTOR_TEMPORAL_PORT' });
  const ui = await claimPort({ port: options.uiPort, what: 'the Temporal UI', variable: 'OPSCONDUCTOR_TEMPORAL_UI_PORT' });
  const server = await spawnTemporal(options, folder, files, { grpc, ui });
  await untilReady(server, grpc, options.namespace);
  // Its histories name targets and actions; the server itself makes the file readable to all.
  await chmod(files.database, 0o600).catch(() => undefined);
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(files.pidFile, { force: true });
  };
  return {
    address: `127.0.0.1:${grpc}`,
    uiUrl: `http://127.0.0.1:${ui}`,
    pid: server.pid,
    onExit: server.onExit,
    stop,
    [Symbol.asyncDispose]: stop,
  };
};
