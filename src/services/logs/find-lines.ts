import type { FoundLine, LogSearch } from '../../contracts/log-search.ts';
import { createConditions } from '../../db/conditions.ts';
import type { Conditions } from '../../db/conditions.ts';
import { selectRows } from '../../db/query.ts';
import { placeTime } from '../../db/scan-cursor.ts';
import type { PlacePart } from '../../db/scan-cursor.ts';
import { LOG_COLUMNS } from '../executions/read-logs.ts';
import type { LineOwner, Reader } from './log-scope.ts';

/** Lines that one statement looks at. */
const PART = 5_000;
/** What counts as looked at when the lines of an owner end: a statement costs something, too. */
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

const partOf = <Bound>(rows: readonly Row<Bound>[], placeOf: (bound: Bound) => PlacePart[]): FoundPart => {
  const bound = rows[0]?.bound ?? null;
  return {
    // Without any line that fits there is one row, for the bound.
    lines: rows.flatMap(({ bound: _, place, ...line }) => (place === null ? [] : [{ line, place: placeOf(place) }])),
    lookedAt: bound === null ? LAST_PART : PART,
    end: bound === null ? undefined : placeOf(bound),
  };
};

/**
 * Looks at the next lines of an owner behind a place. How far that is, an index says; of the lines up to there as few are read as `limit` allows.
 * @param after id or number of the last line that was looked at; 0 at first.
 */
export const findInOwner = async (
  { db, transaction }: Reader,
  search: LogSearch,
  owner: LineOwner,
  after: number,
  limit: number,
): Promise<FoundPart> => {
  const { column, order } = owner;
  const { conditions, rare } = wantedLines(search, [owner.id, after, owner.since]);
  const lines = `FROM job_execution_logs l WHERE l.${column} = $1 AND l.${order} > $2::bigint AND l.timestamp >= $3::timestamptz`;
  const rows = await selectRows<Row<number>>(
    db,
    `SELECT part.bound, l.${order} AS place, ${COLUMNS}
     FROM (SELECT (SELECT l.${order} ${lines} AND ${rare} ORDER BY l.${order} OFFSET ${PART - 1} LIMIT 1) AS bound) part
     LEFT JOIN LATERAL (SELECT l.* ${lines} AND l.${order} <= coalesce(part.bound, ${NO_BOUND}) AND ${conditions.sql}
       ORDER BY l.${order} LIMIT ${limit}) l ON true ${NAMES} ORDER BY l.${order}`,
    conditions.bind,
    transaction,
  );
  return partOf(rows, (place) => [place]);
};

/** As findInOwner, of all lines of a time, in the order of their times. @param after time and id of the last line that was looked at. */
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
