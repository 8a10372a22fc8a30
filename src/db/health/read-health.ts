import type { Sequelize, Transaction } from 'sequelize';
import type { ConnectionUse, DatabaseFinding, DatabaseHealth, Severity, TableHealth } from '../../contracts/database-health.ts';
import { execute, selectRows } from '../query.ts';
import { bloatedIndexLook } from './bloated-indexes.ts';
import { examineConnections } from './connections.ts';
import { defaultPartitionLook } from './default-partitions.ts';
import { foreignKeyLook } from './foreign-keys.ts';
import { indexLook } from './indexes.ts';
import type { Ask, Look } from './look.ts';
import { rightsLook } from './rights.ts';
import { scanLook } from './scans.ts';
import { examineStatements } from './statements.ts';
import { statisticsSince } from './statistics-since.ts';
import { readTables } from './table-facts.ts';
import type { TableFacts } from './table-facts.ts';
import { transactionLook } from './transactions.ts';
import { deadRowsLook, idAgeLook } from './vacuum.ts';

const MOST_TABLES = 20;
const ORDER: readonly Severity[] = ['critical', 'warning', 'info'];

const LOOKS: Readonly<Record<string, Look>> = {
  indexes: indexLook,
  'empty space in indexes': bloatedIndexLook,
  'foreign keys': foreignKeyLook,
  'sequential scans': scanLook,
  'dead rows': deadRowsLook,
  'transaction ids': idAgeLook,
  'open transactions': transactionLook,
  'default partitions': defaultPartitionLook,
  'the rights of this role': rightsLook,
};

/** One look that cannot be taken must not cost the others. Anything else is a defect and is thrown. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['42501', 'this role lacks the right'],
  ['55P03', 'a table was locked by another transaction, such as a migration'],
  ['57014', 'it took longer than 10 s'],
]);

const sqlStateOf = (error: unknown): string => {
  const original: unknown = error instanceof Error && 'original' in error ? error.original : undefined;
  return original instanceof Error && 'code' in original ? String(original.code) : '';
};

const notSeen = (what: string, reason: string): DatabaseFinding => ({
  kind: 'limited_view',
  severity: 'info',
  object: what,
  sentence: `There was no look at ${what}: ${reason}.`,
  suggestion: 'Repeat it later, or as a role that may.',
  facts: {},
});

type Taken<T> = { value: T; findings: [] } | { value: undefined; findings: [DatabaseFinding] };

/** Each look is a savepoint of its own: a statement that fails would end the transaction of all. */
const lookWithin =
  (db: Sequelize, transaction: Transaction) =>
  async <T>(what: string, look: (ask: Ask) => Promise<T>): Promise<Taken<T>> => {
    try {
      const value = await db.transaction({ transaction }, (savepoint) => look((sql, bind) => selectRows(db, sql, bind, savepoint)));
      return { value, findings: [] };
    } catch (error) {
      const reason = REASONS.get(sqlStateOf(error));
      if (reason === undefined) throw error;
      return { value: undefined, findings: [notSeen(what, reason)] };
    }
  };

interface Server {
  server: string;
  database: string;
  size_bytes: number;
}

const SERVER = `SELECT current_setting('server_version') AS server, current_database()::text AS database, pg_database_size(current_database())::float8 AS size_bytes`;

const tableHealthOf = ({ autovacuum: _, last_vacuum: vacuum, last_analyze: analyze, ...numbers }: TableFacts): TableHealth => ({
  ...numbers,
  last_vacuum: vacuum?.toISOString() ?? null,
  last_analyze: analyze?.toISOString() ?? null,
});

const NO_CONNECTIONS: ConnectionUse = { max: 0, reserved: 0, used: 0, by_application: [] };

const examine = async (look: ReturnType<typeof lookWithin>): Promise<DatabaseHealth> => {
  const server = await look('the server', async (ask) => (await ask<Server>(SERVER))[0]);
  const since = await look('the age of the statistics', statisticsSince);
  const connections = await look('connections', examineConnections);
  const statements = await look('the slowest statements', examineStatements);
  const tables = await look('tables', readTables);
  const findings = [server, since, connections, statements, tables].flatMap((taken) => taken.findings as DatabaseFinding[]);
  findings.push(...(connections.value?.findings ?? []), ...(statements.value?.findings ?? []));
  for (const [what, lookAt] of Object.entries(LOOKS)) {
    const taken = await look(what, lookAt);
    findings.push(...taken.findings, ...(taken.value ?? []));
  }
  return {
    ...(server.value ?? { server: 'unknown', database: 'unknown', size_bytes: 0 }),
    statistics_since: since.value?.toISOString() ?? null,
    findings: findings.toSorted((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity)),
    slowest_statements: statements.value?.statements ?? [],
    tables: (tables.value ?? []).slice(0, MOST_TABLES).map(tableHealthOf),
    connections: connections.value?.use ?? NO_CONNECTIONS,
  };
};

/**
 * Looks at the database from all sides and changes nothing: the transaction is READ ONLY, no statement takes longer than 10 s or waits longer than 2 s
 * for a lock. What this role may not see is said in the findings.
 */
export const readHealth = (db: Sequelize): Promise<DatabaseHealth> =>
  db.transaction(async (transaction) => {
    await execute(db, 'SET TRANSACTION READ ONLY', [], transaction);
    await execute(db, `SET LOCAL statement_timeout = '10s'`, [], transaction);
    await execute(db, `SET LOCAL lock_timeout = '2s'`, [], transaction);
    return examine(lookWithin(db, transaction));
  });
