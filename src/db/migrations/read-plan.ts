import type { Sequelize } from 'sequelize';
import { selectRows } from '../query.ts';
import { declaredReason, isDestructive } from './destructive.ts';
import { pendingMigrations, readApplied } from './ledger.ts';
import type { RunQuery } from './ledger.ts';
import { readMigrations } from './read-files.ts';
import type { MigrationFile, MigrationForm } from './read-files.ts';
import type { SqlStatement } from './split-statements.ts';
import { LOCK_LEVELS, runsCode, statementLocks } from './statement-locks.ts';
import type { LockLevel } from './statement-locks.ts';

export interface PlannedStatement {
  line: number;
  /** The statement on one line, shortened. */
  text: string;
  /** Runs code (DO, CALL, SELECT): what that locks is not in the plan. */
  runs_code: boolean;
  /** Removes data. */
  destructive: boolean;
  /** The reason of its `-- destructive:` comment. */
  reason: string | null;
}

/** A table that exists already and is locked. */
export interface TouchedTable {
  table: string;
  /** The strongest that the file takes. */
  lock: LockLevel;
  /** As the last ANALYZE counted; null when there was none. */
  estimated_rows: number | null;
  /** With indexes, TOAST and partitions. */
  size_bytes: number;
}

export interface PlannedFile {
  file: string;
  form: MigrationForm;
  /** `db migrate` wants --allow-destructive. */
  destructive: boolean;
  statements: PlannedStatement[];
  tables: TouchedTable[];
}

const TEXT_LENGTH = 120;

const shorten = (text: string): string => {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length <= TEXT_LENGTH ? line : `${line.slice(0, TEXT_LENGTH - 1)}…`;
};

const planStatement = (statement: SqlStatement): PlannedStatement => ({
  line: statement.line,
  text: shorten(statement.text),
  runs_code: runsCode(statement),
  destructive: isDestructive(statement),
  reason: declaredReason(statement) ?? null,
});

/** Of an index its table; of a partitioned table all that lies below. */
const TABLES = `
  SELECT name, format('%s', t.oid::regclass) AS table,
    (SELECT CASE WHEN bool_or(part.reltuples < 0) THEN NULL ELSE sum(part.reltuples)::bigint END
     FROM pg_class part WHERE part.relkind IN ('r', 'm') AND (part.oid = t.oid OR part.oid IN (SELECT relid FROM pg_partition_tree(t.oid)))) AS estimated_rows,
    greatest(pg_total_relation_size(t.oid), coalesce((SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree(t.oid)), 0))::bigint AS size_bytes
  FROM unnest($1::text[]) AS name JOIN pg_class c ON c.oid = to_regclass(name)
    LEFT JOIN pg_index i ON i.indexrelid = c.oid JOIN pg_class t ON t.oid = coalesce(i.indrelid, c.oid) AND t.relkind IN ('r', 'p', 'm')`;

interface FoundTable extends Omit<TouchedTable, 'lock'> {
  name: string;
}

const touchedTables = async (query: RunQuery, { statements }: MigrationFile): Promise<TouchedTable[]> => {
  const locks = statements.flatMap(statementLocks);
  const found = await query<FoundTable>(TABLES, [[...new Set(locks.map(({ relation }) => relation.replaceAll(' ', '')))]]);
  const tables = new Map<string, TouchedTable>();
  for (const { relation, lock } of locks) {
    const table = found.find(({ name }) => name === relation.replaceAll(' ', ''));
    if (table === undefined) continue;
    const { name: _, ...size } = table;
    const known = tables.get(table.table)?.lock ?? lock;
    tables.set(table.table, { ...size, lock: LOCK_LEVELS.indexOf(lock) > LOCK_LEVELS.indexOf(known) ? lock : known });
  }
  return [...tables.values()].toSorted((a, b) => LOCK_LEVELS.indexOf(b.lock) - LOCK_LEVELS.indexOf(a.lock) || b.size_bytes - a.size_bytes);
};

/**
 * What `migrate` would do, in order. Changes nothing and takes no locks.
 * @throws OpsError CONFLICT when migrate would refuse this database.
 */
export const readPlan = async (db: Sequelize, folder?: string): Promise<PlannedFile[]> => {
  const query: RunQuery = (sql, bind) => selectRows(db, sql, bind);
  const applied = await readApplied(query);
  const planned: PlannedFile[] = [];
  for (const file of pendingMigrations(await readMigrations(folder), applied)) {
    const statements = file.statements.map(planStatement);
    const destructive = applied.length > 0 && statements.some((statement) => statement.destructive);
    planned.push({ file: file.name, form: file.form, destructive, statements, tables: await touchedTables(query, file) });
  }
  return planned;
};
