import { setTimeout as pause } from 'node:timers/promises';
import type { Sequelize } from 'sequelize';
import type { RunQuery } from './ledger.ts';

interface SessionClient {
  /** Sequelize's mark of a connection that its pool must not give out again. */
  _invalid?: boolean;
  query(sql: string, bind?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** Shared with the transaction lock of version 0.1.0, so that old and new migrators exclude each other. */
const LOCK = `hashtext('opsconductor.migrate')`;
const PAUSE_MS = 200;

/** Lends one connection of the pool, which is closed afterwards: what a migration SETs stays within it. */
const withSession = async <T>(db: Sequelize, use: (query: RunQuery) => Promise<T>): Promise<T> => {
  const connection = await db.connectionManager.getConnection({ type: 'write' });
  const client = connection as SessionClient;
  const query: RunQuery = async <R extends object>(sql: string, bind?: unknown[]) => (await client.query(sql, bind)).rows as R[];
  try {
    return await use(query);
  } finally {
    client._invalid = true;
    db.connectionManager.releaseConnection(connection);
  }
};

/** The server's process that holds the lock. */
const holderOf = async (query: RunQuery): Promise<number | undefined> => {
  const [holder] = await query<{ pid: number }>(
    `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND (classid::bigint << 32 | objid::bigint) = ${LOCK}::bigint AND objsubid = 1`,
  );
  return holder?.pid;
};

/**
 * Polls, on purpose: a migrator that waits inside `SELECT pg_advisory_lock()` has a snapshot, for whose end the CREATE INDEX CONCURRENTLY of the
 * holder waits, and Postgres ends one of the two as a deadlock. Between two tries of the poll there is no snapshot.
 */
const takeLock = async (query: RunQuery, onWait: (holderPid: number | undefined) => void): Promise<void> => {
  for (let isFirst = true; ; isFirst = false) {
    const [tried] = await query<{ taken: boolean }>(`SELECT pg_try_advisory_lock(${LOCK}) AS taken`);
    if (tried?.taken === true) return;
    if (isFirst) onWait(await holderOf(query));
    await pause(PAUSE_MS);
  }
};

/**
 * Lends a session that alone may migrate this database. Lock and work share the connection: while the server still runs a statement of a migrator
 * that was killed, the next one waits; when the connection is gone, so are the lock and the work.
 * @param onWait told once when another migrator is at work, with the process id of its session.
 */
export const withMigrationLock = <T>(
  db: Sequelize,
  onWait: (holderPid: number | undefined) => void,
  use: (query: RunQuery) => Promise<T>,
): Promise<T> =>
  withSession(db, async (query) => {
    await takeLock(query, onWait);
    try {
      return await use(query);
    } finally {
      // A lost connection has given the lock back by itself.
      await query(`SELECT pg_advisory_unlock(${LOCK})`).catch(() => undefined);
    }
  });
