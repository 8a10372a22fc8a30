import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { OpsError } from '../domain/ops-error.ts';

export interface PostgresAccess {
  /** Of the database to make sure of. */
  url: string;
  passwordFile: string;
  /** Aborted when the server has ended: nobody will answer any more. */
  signal: AbortSignal;
}

/** Replaying the log after a power cut can take minutes. */
const START_TIMEOUT_MS = 300_000;
const POLL_MS = 50;
const CONNECT_TIMEOUT_MS = 10_000;
const STILL_STARTING = new Set(['ECONNREFUSED', 'ECONNRESET', '57P03']);

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? '';

const connect = async (connectionString: string): Promise<Client> => {
  const client = new Client({ connectionString, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  await client.connect();
  return client;
};

const connectWhenReady = async ({ url, passwordFile, signal }: PostgresAccess): Promise<Client> => {
  const maintenance = new URL(url);
  maintenance.pathname = '/postgres';
  const until = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      return await connect(maintenance.href);
    } catch (cause) {
      if (codeOf(cause) === '28P01') {
        throw new OpsError(
          'UNAVAILABLE',
          `The database refuses the password in ${passwordFile}: put the file of the same backup or folder back.`,
          { cause },
        );
      }
      signal.throwIfAborted();
      if (!STILL_STARTING.has(codeOf(cause)) || performance.now() > until) throw cause;
      await sleep(POLL_MS, undefined, { signal });
    }
  }
};

/**
 * Waits until a starting server takes logins, then makes the database of the URL unless it is there.
 * @throws OpsError UNAVAILABLE when the password is wrong; any other error of the driver as it is, and the reason of the signal.
 */
export const ensurePostgresDatabase = async (access: PostgresAccess): Promise<void> => {
  const name = new URL(access.url).pathname.slice(1);
  const client = await connectWhenReady(access);
  try {
    const found = await client.query('select from pg_database where datname = $1', [name]);
    if (found.rowCount === 0) await client.query(`create database ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
};
