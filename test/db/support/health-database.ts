import { expect } from 'vitest';
import type { DatabaseFinding } from '../../../src/contracts/database-health.ts';
import type { Ask, Look } from '../../../src/db/health/look.ts';
import { execute, selectRows } from '../../../src/db/query.ts';
import { openTestDatabase } from './open-database.ts';

/** A migrated database of one session, so that what it did is counted before the next statement looks. */
export const openHealthDatabase = async () => {
  const database = await openTestDatabase(1);
  const ask: Ask = (sql, bind) => selectRows(database.db, sql, bind);
  /** Runs statements, one after the other, and makes their counts visible. */
  const run = async (...statements: string[]): Promise<void> => {
    for (const statement of statements) await execute(database.db, statement);
    await ask('SELECT pg_stat_force_next_flush()');
  };
  return { ...database, ask, run, [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
};
export type HealthDatabase = Awaited<ReturnType<typeof openHealthDatabase>>;

/** Findings as `kind object`, in the order of the alphabet. */
export const namesOf = (findings: readonly DatabaseFinding[]): string[] =>
  findings.map(({ kind, object }) => `${kind} ${object}`).toSorted();

/** The only finding of a look. */
export const onlyFinding = async (look: Look, ask: Ask): Promise<DatabaseFinding> => {
  const findings = await look(ask);
  expect(findings).toHaveLength(1);
  return findings[0]!;
};
