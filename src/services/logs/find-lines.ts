import type { FoundLine, LogSearch } from '../../contracts/log-search.ts';
import { createConditions } from '../../db/conditions.ts';
import type { Conditions } from '../../db/conditions.ts';
import { selectRows } from '../../db/query.ts';
import { placeTime } from '../../db/scan-cursor.ts';
import type { PlacePart } from '../../db/scan-cursor.ts';
import { LOG_COLUMNS } from '../executions/read-logs.ts';
import type { OwnerPlace, Reader } from './log-scope.ts';

/** Lines that one statement looks at. */
const PART = 5_000;
/** What counts as looked at, at most, when the lines of an owner end: a statement costs something, too. */
const LAST_PART = 1_000;
const NO_BOUND = '9223372036854775807';

/** A line, and where it is among those that are looked at. */
export interface PlacedLine {
  line: FoundLine;
  place: PlacePart[];
}

/** What a statement found in one part of the lines. */
export interface FoundPart {
  lines: PlacedLine[];
  lookedAt: number;
  /** The last line that was looked at; undefined: there are no more. */
  end: PlacePart[] | undefined;
}

const COLUMNS = `j.job_serial, e.execution_serial, b.target_serial_ref AS target_serial, ${LOG_COLUMNS}`;
const NAMES = `LEFT JOIN job_execution_branches b ON b.id = l.branch_id LEFT JOIN job_executions e ON e.id = l.job_execution_id
  LEFT JOIN jobs j ON j.id = coalesce(l.job_id, e.job_id)`;

/** What an index of a run's lines has of its own. */
const isRare = ({ level }: LogSearch): boolean => level === 'warning' || level === 'error';

const addMatch = (conditions: Conditions, { text, regex, ignore_case: ignoresCase = false }: LogSearch): void => {
  conditions.add(text, (value) =>
    ignoresCase ? `position(lower(${value}::text) IN lower(l.log_message)) > 0` : `position(${value}::text IN l.log_message) > 0`,
  );
  conditions.add(regex, (value) => `l.log_message ${ignoresCase ? '~*' : '~'} ${value}::text`);
};

/** Conditions of the lines that a search wants; the cheap ones first. */
const wantedLines = (search: LogSearch, first: readonly unknown[]): { conditions: Conditions; rare: string } => {
  const conditions = createConditions(first);
  conditions.add(search.level, (value) => `l.log_level = ${value}`);
  const rare = isRare(search) ? conditions.sql : 'true';
  conditions.add(search.phase, (value) => `l.log_phase = ${value}`);
  conditions.add(search.category, (value) => `l.log_category = ${value}`);
  conditions.add(search.stream, (value) => `l.stream = ${value}`);
  conditions.add(search.from, (value) => `l.timestamp >= ${value}::timestamptz`);
  conditions.add(search.to, (value) => `l.timestamp <= ${value}::timestamptz`);
  addMatch(conditions, search);
  return { conditions, rare };
};

type Row<Bound> = FoundLine & { bound: Bound | null; place: Bound | null };

const partOf = <Bound>(rows: readonly Row<Bound>[], placeOf: (bound: Bound) => PlacePart[], most = PART): FoundPart => {
  const bound = rows[0]?.bound ?? null;
  return {
    // Without any line that fits there is one row, for the bound.
    lines: rows.flatMap(({ bound: _, place, ...line }) => (place === null ? [] : [{ line, place: placeOf(place) }])),
    lookedAt: bound === null ? Math.min(LAST_PART, most) : most,
    end: bound === null ? undefined : placeOf(bound),
  };
};

/** Of one owner the planner is to see the values: how it reads a run depends on how many lines the run has. */
const placesOf = (first: OwnerPlace, owners: readonly OwnerPlace[]): { bind: unknown[]; sql: string } =>
  owners.length === 1
    ? {
        bind: [first.owner.id, first.after, first.owner.since],
        sql: '(SELECT $1::bigint AS id, $2::bigint AS after, $3::timestamptz AS since, 1 AS nr) o',
      }
    : {
        bind: [owners.map(({ owner }) => owner.id), owners.map(({ after }) => after), owners.map(({ owner }) => owner.since)],
        sql: 'unnest($1::bigint[], $2::bigint[], $3::timestamptz[]) WITH ORDINALITY o(id, after, since, nr)',
      };

/**
 * Looks at the next lines of owners, behind a place in each. How far that is, an index says; of the lines up to there as few are read as `limit` allows.
 * A statement looks at no more lines of several owners than of one.
 * @param owners one, or several branches.
 */
export const findInOwners = async (
  { db, transaction }: Reader,
  search: LogSearch,
  owners: readonly OwnerPlace[],
  limit: number,
): Promise<FoundPart[]> => {
  const [first] = owners;
  if (first === undefined) return [];
  const { column, order } = first.owner;
  const most = Math.floor(PART / owners.length);
  const { bind, sql: places } = placesOf(first, owners);
  const { conditions, rare } = wantedLines(search, bind);
  const lines = `FROM job_execution_logs l WHERE l.${column} = o.id AND l.${order} > o.after AND l.timestamp >= o.since`;
  const rows = await selectRows<Row<number> & { nr: number }>(
    db,
    `SELECT o.nr, part.bound, l.${order} AS place, ${COLUMNS}
     FROM ${places}
     CROSS JOIN LATERAL (SELECT (SELECT l.${order} ${lines} AND ${rare} ORDER BY l.${order} OFFSET ${most - 1} LIMIT 1) AS bound) part
     LEFT JOIN LATERAL (SELECT l.* ${lines} AND l.${order} <= coalesce(part.bound, ${NO_BOUND}) AND ${conditions.sql}
       ORDER BY l.${order} LIMIT ${limit}) l ON true ${NAMES} ORDER BY o.nr, l.${order}`,
    conditions.bind,
    transaction,
  );
  const ofOwner = Map.groupBy(rows, ({ nr }) => nr);
  return owners.map(({ owner }, at) => {
    const own = (ofOwner.get(at + 1) ?? []).map(({ nr: _, ...row }) => row);
    return partOf(own, (place) => [owner.rank, place], most);
  });
};

/** As findInOwners, of all lines of a time, in the order of their times. @param after time and id of the last line that was looked at. */
export const findInTime = async (
  { db, transaction }: Reader,
  search: LogSearch,
  time: { from: string; to: string },
  [afterTime = time.from, afterId = 0]: readonly PlacePart[],
  limit: number,
): Promise<FoundPart> => {
  const { conditions, rare } = wantedLines({ ...search, from: undefined, to: undefined }, [afterTime, afterId, time.to]);
  const lines = `FROM job_execution_logs l WHERE l.timestamp >= $1::timestamptz AND (l.timestamp, l.id) > ($1::timestamptz, $2::bigint) AND l.timestamp <= $3::timestamptz`;
  const placeOf = (row: string): string =>
    `CASE WHEN ${row}.id IS NOT NULL THEN jsonb_build_array(${placeTime(`${row}.timestamp`)}, ${row}.id) END`;
  const rows = await selectRows<Row<PlacePart[]>>(
    db,
    `SELECT ${placeOf('part')} AS bound, ${placeOf('l')} AS place, ${COLUMNS}
     FROM (SELECT) one LEFT JOIN LATERAL (SELECT l.timestamp, l.id ${lines} AND ${rare} ORDER BY l.timestamp, l.id OFFSET ${PART - 1} LIMIT 1) part ON true
     LEFT JOIN LATERAL (SELECT l.* ${lines} AND l.timestamp <= coalesce(part.timestamp, $3::timestamptz)
       AND (part.id IS NULL OR (l.timestamp, l.id) <= (part.timestamp, part.id)) AND ${conditions.sql}
       ORDER BY l.timestamp, l.id LIMIT ${limit}) l ON true ${NAMES} ORDER BY l.timestamp, l.id`,
    conditions.bind,
    transaction,
  );
  return partOf(rows, (place) => place);
};
