import type { Sequelize, Transaction } from 'sequelize';
import type { FoundLine, LogSearch } from '../../contracts/log-search.ts';
import type { Page } from '../../contracts/page.ts';
import { execute, selectRow } from '../../db/query.ts';
import { placeCursor, readPlace } from '../../db/scan-cursor.ts';
import type { PlacePart } from '../../db/scan-cursor.ts';
import { sqlStateOf } from '../../db/sql-state.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { pickFields } from '../pick-fields.ts';
import { findInOwners, findInTime } from './find-lines.ts';
import type { FoundPart, PlacedLine } from './find-lines.ts';
import { OWNERS_AT_ONCE, scopeOf, timeOfScope } from './log-scope.ts';
import type { LineOwner, LogScope, OwnerPlace } from './log-scope.ts';

/** Lines that one page looks at, whether or not they fit. */
const LOOKED_AT = 50_000;
/** Owners that one statement looks at. */
const OWNERS_TOGETHER = 16;
/** After this time a page ends with what it has. */
const PAGE_MS = 2_000;
/** An expression that takes longer on one part of a page is refused. */
const STATEMENT_MS = 5_000;
const [INVALID_EXPRESSION, CANCELLED] = ['2201B', '57014'];

interface Found {
  lines: PlacedLine[];
  /** Where the next page goes on; undefined: everything was looked at. */
  next: PlacePart[] | undefined;
}

/** A part of a page: looks at lines behind a place, for at most so many that fit. */
type Look = (after: readonly PlacePart[], limit: number) => Promise<FoundPart>;

/** Says how much more one page may look at. */
const createBudget = () => {
  let lookedAt = 0;
  const until = performance.now() + PAGE_MS;
  return {
    take: (part: FoundPart): void => void (lookedAt += part.lookedAt),
    isUsedUp: (): boolean => lookedAt >= LOOKED_AT || performance.now() > until,
  };
};
type Budget = ReturnType<typeof createBudget>;

/** Looks at the parts of what is read in one order, until the page is full, the budget is used up, or there are no more. */
const lookThrough = async (look: Look, after: readonly PlacePart[], limit: number, budget: Budget): Promise<Found> => {
  const lines: PlacedLine[] = [];
  let place: readonly PlacePart[] | undefined = after;
  while (place !== undefined) {
    const part: FoundPart = await look(place, limit - lines.length + 1);
    budget.take(part);
    lines.push(...part.lines);
    if (lines.length > limit) return { lines: lines.slice(0, limit), next: lines[limit - 1]?.place };
    place = part.end;
    if (place !== undefined && budget.isUsedUp()) return { lines, next: [...place] };
  }
  return { lines, next: undefined };
};

/** Each owner once, from this one on. */
async function* ownersFrom(scope: LogScope, first: number | undefined): AsyncGenerator<LineOwner, void, undefined> {
  let owners = await scope.owners(first);
  yield* owners;
  for (let last = owners.at(-1); last !== undefined && owners.length === OWNERS_AT_ONCE; last = owners.at(-1)) {
    const { rank: known } = last;
    owners = await scope.owners(known);
    yield* owners.filter(({ rank }) => rank !== known);
  }
}

/** Owners that are still to be looked at, from a place on. */
const createQueue = (owners: AsyncIterator<LineOwner>, [first, within = 0]: readonly PlacePart[]) => {
  const waiting: OwnerPlace[] = [];
  return {
    /** The next ones, several branches or one of another kind, whose lines may have to be sorted first; none: there are no more. */
    async next(most: number): Promise<OwnerPlace[]> {
      while (waiting.length < most) {
        const { value: owner } = await owners.next();
        if (owner === undefined) break;
        waiting.push({ owner, after: owner.rank === first ? Number(within) : 0 });
      }
      return waiting.slice(0, waiting[0]?.owner.column === 'branch_id' ? most : 1);
    },
    /** The next one was looked at up to this place; undefined: wholly. */
    looked(end: readonly PlacePart[] | undefined): void {
      const next = waiting.shift();
      if (next !== undefined && end !== undefined) waiting.unshift({ owner: next.owner, after: Number(end.at(-1)) });
    },
  };
};

/** Owners that have what a page still wants, should they have as many lines as the last ones; twice as many after some that had none. */
const ownersFor = (wanted: number, looked: readonly FoundPart[]): number => {
  const found = looked.reduce((sum, { lines }) => sum + lines.length, 0);
  return Math.min(OWNERS_TOGETHER, found === 0 ? looked.length * 2 : Math.ceil((wanted * looked.length) / found));
};

/** One owner after the other, those with few lines together. A place is the rank of an owner and the place in it. */
const lookThroughOwners = async (
  owners: AsyncIterator<LineOwner>,
  first: readonly PlacePart[],
  lookAt: (owners: readonly OwnerPlace[], limit: number) => Promise<FoundPart[]>,
  limit: number,
  budget: Budget,
): Promise<Found> => {
  const queue = createQueue(owners, first);
  const lines: PlacedLine[] = [];
  let together = await queue.next(1);
  for (let hasLooked = false; ; hasLooked = true) {
    const [next] = together;
    if (next === undefined) return { lines, next: undefined };
    if (hasLooked && (lines.length === limit || budget.isUsedUp())) return { lines, next: [next.owner.rank, next.after] };
    const parts = await lookAt(together, limit - lines.length + 1);
    // Behind an owner that has more lines the next ones are not due.
    const open = parts.findIndex(({ end }) => end !== undefined);
    const due = open === -1 ? parts : parts.slice(0, open + 1);
    for (const part of due) {
      budget.take(part);
      lines.push(...part.lines);
      queue.looked(part.end);
    }
    if (lines.length > limit) return { lines: lines.slice(0, limit), next: lines[limit - 1]?.place };
    together = await queue.next(open === -1 ? ownersFor(limit - lines.length + 1, parts) : 1);
  }
};

/** Runs the statements of one page, each within its time. @throws OpsError SCOPE_TOO_WIDE */
const withinTime = async <Result>(
  db: Sequelize,
  statementMs: number,
  look: (transaction: Transaction) => Promise<Result>,
): Promise<Result> => {
  try {
    return await db.transaction(async (transaction) => {
      await execute(db, `SET LOCAL statement_timeout = ${statementMs}`, [], transaction);
      return look(transaction);
    });
  } catch (error) {
    if (sqlStateOf(error) !== CANCELLED) throw error;
    const advice = 'Use a simpler expression, or a text; or narrow it by a run, a branch or a time.';
    throw new OpsError('SCOPE_TOO_WIDE', `The search took more than ${statementMs / 1_000} s on a few thousand lines. ${advice}`, {
      cause: error,
    });
  }
};

/** @throws OpsError VALIDATION, SCOPE_TOO_WIDE */
const checkSearch = async (db: Sequelize, statementMs: number, { text, regex, from, to }: LogSearch): Promise<void> => {
  const refuse = (path: string, message: string): never => {
    throw new OpsError('VALIDATION', `${path} ${message}.`, { fields: [{ path, message }] });
  };
  if (text !== undefined && regex !== undefined) refuse('regex', 'does not go together with text');
  if (from !== undefined && to !== undefined && Date.parse(from) > Date.parse(to)) refuse('to', 'is before from');
  if (regex === undefined) return;
  // Some expressions take long even to be understood.
  await withinTime(db, statementMs, (transaction) => selectRow(db, `SELECT '' ~ $1::text AS fits`, [regex], transaction)).catch(
    (error: unknown) => {
      if (sqlStateOf(error) !== INVALID_EXPRESSION) throw error;
      refuse('regex', 'is not a regular expression of PostgreSQL');
    },
  );
};

/**
 * Lines with a text, or that an expression fits, within a run, a branch, a job, a target or a time. Lines of a run are in the order in which they were stored,
 * those of a branch in that of their numbers; of several runs or branches the newest come first. A page looks at a bounded number of lines: it may have few,
 * or none, and still not be the last. A line that was stored in pieces (over 16 KiB) is looked at piece by piece.
 * @throws OpsError SCOPE_TOO_WIDE, VALIDATION
 */
export const searchLogs = async (
  { db }: ServiceDeps,
  caller: Caller,
  search: LogSearch,
  { statementMs = STATEMENT_MS }: { statementMs?: number } = {},
): Promise<Page<FoundLine>> => {
  authorize(caller, 'executions.read');
  const { limit, cursor, fields, ...query } = search;
  await checkSearch(db, statementMs, search);
  const budget = createBudget();
  const found = await withinTime(db, statementMs, async (transaction) => {
    const reader = { db, transaction };
    const scope = await scopeOf(reader, search);
    const place = cursor === undefined ? [] : readPlace(query, cursor, scope === undefined ? ['', 0] : [0, 0]);
    if (scope === undefined) {
      // Without an end, the time ends when the page is read.
      const time = timeOfScope(search);
      return lookThrough((after, most) => findInTime(reader, search, time, after, most), place, limit, budget);
    }
    const owners = ownersFrom(scope, place[0] === undefined ? undefined : Number(place[0]));
    return lookThroughOwners(owners, place, (together, most) => findInOwners(reader, search, together, most), limit, budget);
  });
  return {
    data: found.lines.map(({ line }) => pickFields(line, fields)),
    next: found.next === undefined ? null : placeCursor(query, found.next),
  };
};
