import type { Logger } from 'pino';
import type { Config, TemporalServerConfig } from '../config.ts';
import { noteMigrations } from '../db/audit/maintenance.ts';
import { connectDatabase } from '../db/connect.ts';
import { connectionProblem } from '../db/connection-problem.ts';
import { migrate } from '../db/migrate.ts';
import { parseKeyRing } from '../db/seal.ts';
import { claimPort } from '../embedded/claim-port.ts';
import { openDataFolder } from '../embedded/data-folder.ts';
import { findTemporal } from '../embedded/find-temporal.ts';
import { ensureKeyFile } from '../embedded/key-file.ts';
import { startPostgres } from '../embedded/start-postgres.ts';
import { startTemporal } from '../embedded/start-temporal.ts';
import { OpsError } from '../domain/ops-error.ts';
import { bootstrapAdmin } from '../services/auth/bootstrap-admin.ts';
import { readVersion } from '../version.ts';
import { API_PORT } from './listen.ts';
import { runServer, runWorker } from './run-platform.ts';
import type { Stores } from './run-platform.ts';

/** All of OpsConductor, running in and below this process. */
export interface Everything {
  apiUrl: string;
  temporalUiUrl: string | undefined;
  /** Processes of the embedded servers. */
  pids: { postgres: number | undefined; temporal: number | undefined };
  /** Given only when the account was made just now. */
  admin: FirstAdmin | undefined;
  /** Rejects when a part ends by itself. */
  failed: Promise<never>;
  /** Ends all parts in order: API, worker (running actions get their grace), Temporal, Postgres. */
  stop(): Promise<void>;
}

export interface StartAllOptions {
  config: Config;
  log: Logger;
  /** Says what happens, to a person. */
  say: (message: string) => void;
  /** The first administrator must choose a password at the first login. */
  mustChangePassword: boolean;
  /** Apply migrations that remove data, too. */
  allowDestructive?: boolean;
  /** Aborted: nothing more is started, and what has been started is stopped again. */
  signal?: AbortSignal;
  /** Called as soon as the first administrator is on record, which happens once: what fails afterwards must not take the password along. */
  onAdmin?: (admin: FirstAdmin) => void;
}

export interface FirstAdmin {
  username: string;
  password: string;
}

type Stop = () => Promise<void>;

/**
 * Starts what is not given by the environment, migrates, and runs worker and API. What was started is stopped again when a later part fails.
 * @throws OpsError of the part that fails; the reason of the signal.
 */
export const startAll = async (options: StartAllOptions): Promise<Everything> => {
  const stops: Stop[] = [];
  const stop = async (): Promise<void> => {
    // A part that does not stop as it should keeps none of the others from being stopped.
    for (const stopPart of stops.splice(0).toReversed()) {
      await stopPart().catch((error: unknown) => options.log.error({ err: error }, 'a part did not stop as it should'));
    }
  };
  try {
    return await startParts(options, stops, stop);
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
};

const startParts = async (options: StartAllOptions, stops: Stop[], stop: Stop): Promise<Everything> => {
  const { config, log, signal } = options;
  const failures: Promise<never>[] = [];
  const folder = await openDataFolder(config.home);
  stops.push(async () => folder[Symbol.asyncDispose]());
  // Asked before the servers start: a stranger should not wait for them to read this.
  await claimPort({ ...API_PORT, ...config.api });
  const keyRingText = config.keyRing ?? (await ensureKeyFile(folder.path));
  const [postgres, temporal] = await startStores(options, folder.path, stops);
  if (postgres !== undefined) failures.push(failWhen(postgres.onExit, 'Postgres', `${folder.path}/logs/postgres.log`));
  if (temporal !== undefined) failures.push(failWhen(temporal.onExit, 'Temporal', `${folder.path}/logs/temporal.log`));
  const stores: Stores = {
    databaseUrl: config.databaseUrl ?? postgres?.url ?? '',
    temporal: config.temporal ?? embeddedTemporal(temporal?.address ?? ''),
    keyRingText,
  };
  const admin = await prepareDatabase(stores, options);
  if (admin !== undefined) options.onAdmin?.(admin);
  signal?.throwIfAborted();
  const worker = await runWorker(config, stores, log);
  stops.push(worker.stop);
  failures.push(failWhen(worker.finished, 'The worker', 'the log above'));
  signal?.throwIfAborted();
  const server = await runServer(config, stores, log);
  stops.push(server.stop);
  signal?.throwIfAborted();
  const temporalUiUrl = temporal?.uiUrl;
  await folder.announce({
    api: server.url,
    ...(temporalUiUrl !== undefined && { temporalUi: temporalUiUrl }),
    ...(postgres !== undefined && { postgres: withoutPassword(postgres.url) }),
  });
  const failed = Promise.race(failures);
  failed.catch(() => undefined);
  return { apiUrl: server.url, temporalUiUrl, pids: { postgres: postgres?.pid, temporal: temporal?.pid }, admin, failed, stop };
};

const startStores = async ({ config, say, signal }: StartAllOptions, folder: string, stops: Stop[]) => {
  signal?.throwIfAborted();
  const postgres = config.databaseUrl === undefined ? await startPostgres({ folder, port: config.postgresPort, log: say }) : undefined;
  if (postgres !== undefined) stops.push(() => postgres.stop());
  for (const notice of postgres?.notices ?? []) say(notice);
  signal?.throwIfAborted();
  if (config.temporal !== undefined) return [postgres, undefined] as const;
  const executable = await findTemporal({ cacheDir: config.cacheDir, log: say });
  signal?.throwIfAborted();
  const temporal = await startTemporal({
    executable,
    folder,
    port: config.temporalPort,
    uiPort: config.temporalUiPort,
    namespace: 'default',
    log: say,
  });
  stops.push(() => temporal.stop());
  signal?.throwIfAborted();
  return [postgres, temporal] as const;
};

const embeddedTemporal = (address: string): TemporalServerConfig => ({ address, namespace: 'default', apiKey: undefined, tls: undefined });

const withoutPassword = (url: string): string => {
  const shown = new URL(url);
  shown.password = '';
  return shown.href;
};

const prepareDatabase = async (stores: Stores, { say, mustChangePassword, allowDestructive = false }: StartAllOptions) => {
  const db = connectDatabase({ url: stores.databaseUrl, poolSize: 2, applicationName: 'opsconductor-migrate' });
  try {
    const keyRing = parseKeyRing(stores.keyRingText);
    const version = readVersion();
    const applied = await migrate(db, version, undefined, { allowDestructive });
    if (applied.length > 0) say(`Applied ${applied.length} migration(s).`);
    await noteMigrations(db, keyRing.auditKey, applied, version);
    return await bootstrapAdmin(db, keyRing, mustChangePassword);
  } catch (error) {
    throw connectionProblem(stores.databaseUrl, error) ?? error;
  } finally {
    await db.close();
  }
};

const failWhen = (ended: Promise<unknown>, name: string, where: string): Promise<never> => {
  const failure = ended.then((): never => {
    throw new OpsError('UNAVAILABLE', `${name} ended by itself; see ${where}. Start OpsConductor again: runs that were going on continue.`);
  });
  // Parts also end when all of it is stopped, and nobody waits for failures then.
  failure.catch(() => undefined);
  return failure;
};
