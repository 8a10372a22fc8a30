import type { DatabaseFinding } from '../../contracts/database-health.ts';
import { ageText, countText, shareText } from '../../domain/quantity-text.ts';
import type { Ask, Look } from './look.ts';
import { readTables } from './table-facts.ts';
import type { TableFacts } from './table-facts.ts';

const LEAST_DEAD_ROWS = 1_000;
const LEAST_DEAD_SHARE = 0.2;
/** Of two billion; autovacuum begins at 200 million unless told otherwise, so half a billion says that it does not get through. */
const WARNING_ID_AGE = 500_000_000;
const CRITICAL_ID_AGE = 1_000_000_000;

const lastVacuumText = (lastVacuum: Date | null, now: Date): string =>
  lastVacuum === null ? 'no vacuum is on record' : `the last vacuum was ${ageText((now.getTime() - lastVacuum.getTime()) / 1_000)} ago`;

const deadRowsFinding = (facts: TableFacts, now: Date): DatabaseFinding => {
  const share = facts.dead_rows / (facts.dead_rows + facts.live_rows);
  const advice = facts.autovacuum
    ? 'Vacuum it. When that helps only for a short time, an open transaction holds it back, or autovacuum_vacuum_scale_factor of this table is too large.'
    : 'Vacuum it, and turn autovacuum on again: it is off, for this table or for the whole server.';
  return {
    kind: 'dead_rows',
    severity: 'warning',
    object: facts.table,
    sentence: `${shareText(share)} of the rows of ${facts.table} are dead (${countText(facts.dead_rows)} beside ${countText(facts.live_rows)} live ones); ${lastVacuumText(facts.last_vacuum, now)}.`,
    suggestion: advice,
    statement: `VACUUM (ANALYZE) ${facts.table};`,
    facts: { dead_rows: facts.dead_rows, live_rows: facts.live_rows, dead_share: share },
  };
};

/** Tables of which much is dead rows. */
export const deadRowsLook: Look = async (ask) => {
  const now = new Date();
  return (await readTables(ask))
    .filter(({ dead_rows: dead, live_rows: live }) => dead > LEAST_DEAD_ROWS && dead / (dead + live) > LEAST_DEAD_SHARE)
    .map((facts) => deadRowsFinding(facts, now));
};

export interface IdAge {
  database: string;
  /** Transactions since the oldest row that is not frozen. */
  transactions: number;
  /** The same of multixacts, ids of row locks that are shared. */
  multixacts: number;
}

/** Databases of the server that come near to the end of their transaction ids, where the server stops all writes. */
export const idAgeFindings = (ages: readonly IdAge[]): DatabaseFinding[] =>
  ages.flatMap(({ database, transactions, multixacts }): DatabaseFinding[] => {
    const age = Math.max(transactions, multixacts);
    if (age <= WARNING_ID_AGE) return [];
    const ids = transactions >= multixacts ? 'transaction ids' : 'multixact ids';
    return [
      {
        kind: 'transaction_id_age',
        severity: age > CRITICAL_ID_AGE ? 'critical' : 'warning',
        object: database,
        sentence: `The oldest rows of the database ${database} are ${countText(age)} ${ids} old. At about 2,100,000,000 the server refuses all writes.`,
        suggestion: `Find what holds vacuum back (open or prepared transactions, replication slots), then vacuum ${database}, as its owner or as a superuser.`,
        statement: 'VACUUM (FREEZE);',
        facts: { transactions, multixacts },
      },
    ];
  });

export const readIdAges = (ask: Ask): Promise<IdAge[]> =>
  ask<IdAge>(
    `SELECT datname::text AS database, age(datfrozenxid)::float8 AS transactions, mxid_age(datminmxid)::float8 AS multixacts FROM pg_database ORDER BY 1`,
  );

/** How far the server is from the end of its transaction ids. */
export const idAgeLook: Look = async (ask) => idAgeFindings(await readIdAges(ask));
