import type { Sequelize } from 'sequelize';
import { selectRows } from '../query.ts';
import { readServerFacts } from '../server-facts.ts';
import { readApplied } from './ledger.ts';
import type { AppliedMigration, RunQuery } from './ledger.ts';
import { readMigrations } from './read-files.ts';
import type { MigrationFile, MigrationForm } from './read-files.ts';

/** `edited`: the file is not what was applied. `unknown`: applied by a newer version, which has the file. */
export type MigrationState = 'applied' | 'pending' | 'edited' | 'unknown';

export interface MigrationStatus {
  file: string;
  state: MigrationState;
  /** Null when this build lacks the file. */
  form: MigrationForm | null;
  /** ISO 8601. */
  applied_at: string | null;
  app_version: string | null;
  duration_ms: number | null;
}

export interface DatabaseStatus {
  server_version: string;
  database: string;
  migrations: MigrationStatus[];
  /** Months after this one that have a partition, by table. */
  partitions_ahead: Record<string, number>;
}

const stateOf = (file: MigrationFile | undefined, row: AppliedMigration | undefined): MigrationState => {
  if (file === undefined) return 'unknown';
  if (row === undefined) return 'pending';
  return row.checksum === file.checksum ? 'applied' : 'edited';
};

/** Each file of this build and each row of the database, once, in order. */
const compare = (files: readonly MigrationFile[], applied: readonly AppliedMigration[]): MigrationStatus[] => {
  const names = [...new Set([...files, ...applied].map(({ name }) => name))].toSorted();
  return names.map((name) => {
    const file = files.find((candidate) => candidate.name === name);
    const row = applied.find((candidate) => candidate.name === name);
    return {
      file: name,
      state: stateOf(file, row),
      form: file?.form ?? null,
      applied_at: row?.applied_at.toISOString() ?? null,
      app_version: row?.app_version ?? null,
      duration_ms: row?.duration_ms ?? null,
    };
  });
};

const partitionsAhead = async (query: RunQuery): Promise<Record<string, number>> => {
  const rows = await query<{ table: string; months: number }>(
    `SELECT parent.relname AS "table",
       count(*) FILTER (WHERE child.relname ~ '_p[0-9]{6}$' AND right(child.relname, 6) > to_char(now() AT TIME ZONE 'UTC', 'YYYYMM'))::int AS months
     FROM pg_partitioned_table p JOIN pg_class parent ON parent.oid = p.partrelid AND parent.relnamespace = current_schema()::regnamespace
     LEFT JOIN pg_inherits i ON i.inhparent = parent.oid LEFT JOIN pg_class child ON child.oid = i.inhrelid
     GROUP BY 1 ORDER BY 1`,
  );
  return Object.fromEntries(rows.map(({ table, months }) => [table, months]));
};

/** Which migrations a database has, beside those of this build. Changes nothing. */
export const readStatus = async (db: Sequelize, folder?: string): Promise<DatabaseStatus> => {
  const query: RunQuery = (sql, bind) => selectRows(db, sql, bind);
  const facts = await readServerFacts(query);
  return {
    server_version: facts.version,
    database: facts.database,
    migrations: compare(await readMigrations(folder), await readApplied(query)),
    partitions_ahead: facts.schema === null ? {} : await partitionsAhead(query),
  };
};
