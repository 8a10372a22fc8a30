import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { freePort } from '../bench/support/free-port.ts';
import { say } from '../bench/support/say.ts';
import { parseConfig } from '../src/config.ts';
import { connectDatabase } from '../src/db/connect.ts';
import { migrate } from '../src/db/migrate.ts';
import { parseKeyRing } from '../src/db/seal.ts';
import { findTemporal } from '../src/embedded/find-temporal.ts';
import { ensureKeyFile } from '../src/embedded/key-file.ts';
import { startPostgres } from '../src/embedded/start-postgres.ts';
import { bootstrapAdmin } from '../src/services/auth/bootstrap-admin.ts';
import { readVersion } from '../src/version.ts';
import { cliPart, storePart, temporalPart } from './killable-parts.ts';
import type { KillablePart } from './killable-parts.ts';
import { steadyApi } from './steady-api.ts';
import type { SteadyApi } from './steady-api.ts';

const WORKERS = 2;
const HEARTBEAT_SECONDS = 20;

export interface Platform {
  parts: KillablePart[];
  api: SteadyApi;
  /** Of the API, for the CLI. */
  url: string;
  token: string;
  databaseUrl: string;
  temporalAddress: string;
}

/** Postgres, Temporal, workers and the API as processes of their own. @param folder for their data and, below `logs`, what they print. */
export const startPlatform = async (folder: string, stack: AsyncDisposableStack): Promise<Platform> => {
  const executable = await findTemporal({ cacheDir: parseConfig().cacheDir, log: say });
  const [postgresPort, temporalPort, apiPort] = [await freePort(), await freePort(), await freePort()];
  let databaseUrl = '';
  const postgres = storePart('Postgres', async () => {
    const server = await startPostgres({ folder, port: postgresPort, log: () => {} });
    databaseUrl = server.url;
    return server;
  });
  const temporal = temporalPart(folder, temporalPort, executable);
  const parts = [postgres, temporal];
  stack.defer(async () => {
    for (const part of parts.toReversed()) await part.kill().catch(() => undefined);
  });
  await Promise.all(parts.map((part) => part.start()));
  const keyRingText = await ensureKeyFile(folder);
  const admin = await prepare(databaseUrl, keyRingText);
  const environment = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: `127.0.0.1:${temporalPort}`,
    OPSCONDUCTOR_KEYS: keyRingText,
    OPSCONDUCTOR_PORT: String(apiPort),
    OPSCONDUCTOR_HEARTBEAT_SECONDS: String(HEARTBEAT_SECONDS),
    OPSCONDUCTOR_LOG_LEVEL: 'info',
  };
  const logs = join(folder, 'logs');
  await mkdir(logs, { recursive: true });
  const cli = [
    ...Array.from({ length: WORKERS }, (_, at) => ({ name: `worker ${at + 1}`, args: ['worker'], upText: 'worker is up' })),
    { name: 'API', args: ['server'], upText: 'API is up' },
  ].map((part, at) => cliPart({ ...part, environment, logFile: join(logs, `part-${at + 1}.log`) }));
  parts.push(...cli);
  for (const part of cli) await part.start();
  const url = `http://127.0.0.1:${apiPort}`;
  const token = await logIn(url, admin.password);
  return { parts, api: steadyApi(url, token), url, token, databaseUrl, temporalAddress: environment.TEMPORAL_ADDRESS };
};

const prepare = async (databaseUrl: string, keyRingText: string): Promise<{ password: string }> => {
  const db = connectDatabase({ url: databaseUrl, poolSize: 2, applicationName: 'chaos' });
  try {
    await migrate(db, readVersion());
    return (await bootstrapAdmin(db, parseKeyRing(keyRingText), false)) ?? { password: '' };
  } finally {
    await db.close();
  }
};

const logIn = async (url: string, password: string): Promise<string> => {
  const login = await steadyApi(url).post('/auth/login', { username: 'admin', password });
  return z.object({ token: z.string() }).parse(login.body).token;
};
