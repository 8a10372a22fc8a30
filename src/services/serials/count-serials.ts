import type { Sequelize } from 'sequelize';
import type { SerialCounts, SerialCountsQuery, SerialStatus } from '../../contracts/serial.ts';
import { parentSerial } from '../../domain/serials.ts';
import type { SerialPattern } from '../../domain/serial-pattern.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { pagesOf } from './find-matches.ts';
import type { FoundSerial } from './find-parts.ts';
import { readAllowed } from './read-pattern.ts';

const MOST_COUNTED = 10_000;
const AT_ONCE = 1_000;
/** After this time what was found by then is told. */
const COUNTING_MS = 2_000;

/** The first that fit: so many, or a page more. @returns whether there may be more */
const collect = async (
  db: Sequelize,
  pattern: SerialPattern,
  status: SerialStatus | undefined,
  most: number,
): Promise<{ found: FoundSerial[]; isCapped: boolean }> => {
  const until = performance.now() + COUNTING_MS;
  const found: FoundSerial[] = [];
  for await (const { data, next } of pagesOf(db, pattern, AT_ONCE, status)) {
    found.push(...data);
    if (next !== undefined && (found.length >= most || performance.now() > until)) return { found, isCapped: true };
  }
  return { found, isCapped: false };
};

/** Serials of the things above, level by level: of a branch its run and its job. */
const above = (serial: string): string[] => {
  const parent = parentSerial(serial);
  return parent === undefined ? [] : [parent, ...above(parent)];
};

const countOf = (names: readonly (string | undefined)[]): number => new Set(names.filter((name) => name !== undefined)).size;

/** How many things a pattern of serials fits, by their states, and of how many jobs, runs, branches and targets they are. @throws OpsError VALIDATION, SCOPE_TOO_WIDE, FORBIDDEN */
export const countSerials = async (
  { db }: Pick<ServiceDeps, 'db'>,
  caller: Caller,
  { pattern: text, status }: SerialCountsQuery,
  { most = MOST_COUNTED }: { most?: number } = {},
): Promise<SerialCounts> => {
  const pattern = readAllowed(caller, text, status);
  const { found, isCapped } = await collect(db, pattern, status, most);
  const byStatus: Record<string, number> = {};
  for (const { status: state } of found) byStatus[state] = (byStatus[state] ?? 0) + 1;
  // Of a branch: itself, its run, its job.
  const lines = found.map(({ serial }) => [serial, ...above(serial)].toReversed());
  const isTarget = pattern.level === 'target';
  const ofLevel = (depth: number): number => (isTarget ? 0 : countOf(lines.map((line) => line[depth])));
  return {
    level: pattern.level,
    pattern: pattern.text,
    total: found.length,
    by_status: byStatus,
    jobs: ofLevel(0),
    executions: ofLevel(1),
    branches: ofLevel(2),
    targets: isTarget ? found.length : countOf(found.map(({ target }) => target)),
    is_capped: isCapped,
  };
};
