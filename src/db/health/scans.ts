import type { DatabaseFinding } from '../../contracts/database-health.ts';
import { countOf, countText } from '../../domain/quantity-text.ts';
import type { Look } from './look.ts';
import { sinceText, statisticsSince } from './statistics-since.ts';
import { readTables } from './table-facts.ts';
import type { TableFacts } from './table-facts.ts';

const LEAST_ROWS = 10_000;
const WARNING_ROWS = 100_000;
/** Fewer are a backup, or somebody who looked around. */
const LEAST_SCANS = 20;
/** A scan that ends after a few rows (LIMIT, EXISTS) does no harm. */
const LEAST_ROWS_A_SCAN = 1_000;

const isScanned = ({ live_rows: rows, sequential_scans: scans, sequential_rows: read, index_scans: indexScans }: TableFacts): boolean =>
  rows > LEAST_ROWS && scans >= LEAST_SCANS && scans > indexScans && read / scans >= LEAST_ROWS_A_SCAN;

const findingOf = (facts: TableFacts, since: Date | null): DatabaseFinding => {
  const rowsAScan = Math.round(facts.sequential_rows / facts.sequential_scans);
  return {
    kind: 'sequential_scans',
    severity: facts.live_rows > WARNING_ROWS ? 'warning' : 'info',
    object: facts.table,
    sentence: `${facts.table} (${countOf(facts.live_rows, 'row')}) was read from end to end ${countText(facts.sequential_scans)} times${sinceText(since)}, ${countText(rowsAScan)} rows each time, and by an index ${countText(facts.index_scans)} times.`,
    suggestion: `Find the statement that does it among the slowest ones, look at its plan with EXPLAIN, and give ${facts.table} an index of the columns that it compares.`,
    facts: {
      live_rows: facts.live_rows,
      sequential_scans: facts.sequential_scans,
      rows_per_scan: rowsAScan,
      index_scans: facts.index_scans,
    },
  };
};

/** Large tables that are mostly read from end to end. */
export const scanLook: Look = async (ask) => {
  const since = await statisticsSince(ask);
  return (await readTables(ask)).filter(isScanned).map((facts) => findingOf(facts, since));
};
