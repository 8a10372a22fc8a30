import { createHash } from 'node:crypto';
import type { Page } from '../contracts/page.ts';
import { canonicalJson } from '../domain/canonical-json.ts';
import { OpsError } from '../domain/ops-error.ts';
import type { Bind } from './query.ts';

/** SQL by which a list may be ordered, and its type. It is never null, and an index that begins with what the filters leave should have it. */
export interface Sort {
  by: string;
  type: 'text' | 'bigint' | 'timestamptz';
}

/** The orders of a list by name; `'id'` is the order of its ids alone. */
export interface Order<Name extends string> {
  /** SQL of a number that is unique in the list: among equals it decides. */
  id: string;
  sorts: Readonly<Record<Name, Sort | 'id'>>;
  /** The order without `sort`; the query schema of the list says the same. */
  sort: NoInfer<Name> | `-${NoInfer<Name>}`;
}

/** What a query schema made by `listQuery` gives. Whatever else is in it belongs to the filters. */
export interface ListFilter<Name extends string> {
  limit: number;
  cursor?: string | undefined;
  sort?: Name | `-${Name}` | undefined;
  fields?: string | undefined;
}

interface KeyedRow {
  row_id: number;
  row_key?: string;
}

/** The parts of a statement that reads one page, and what makes a page of its rows. */
export interface Keyset {
  /** Columns by which the next page is found; they do not leave the service. */
  columns: string;
  /** Condition: behind the cursor. */
  where: string;
  /** ORDER BY and LIMIT. */
  order: string;
  /** The values of the statement: those that were given, then those of the page. */
  bind: unknown[];
  /** Is this field asked for? What costs much and is not need not be read. */
  wants: (field: string) => boolean;
  /** Makes the page; of each row only the fields that were asked for, if any were named. */
  of: <Row extends KeyedRow>(rows: readonly Row[]) => Page<Omit<Row, 'row_id' | 'row_key'>>;
}

const CURSOR_TEXT_MAX = 255;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$/;

const isTime = (text: string): boolean => {
  const date = TIME.test(text) ? new Date(text) : new Date(Number.NaN);
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 19) === text.slice(0, 19);
};

/** Could the database have given this value? Anything else would be an error of its own there. */
const FITS: Readonly<Record<Sort['type'], (text: string) => boolean>> = {
  text: (text) => text.length <= CURSOR_TEXT_MAX && !text.includes('\u0000') && text.isWellFormed(),
  bigint: (text) => /^-?\d{1,18}$/.test(text),
  timestamptz: isTime,
};

/** SQL of the value as text that comes back as the same value: times to the microsecond. */
const asText = ({ by, type }: Sort): string =>
  type === 'timestamptz' ? `to_char(${by} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')` : `${by}::text`;

const refuseCursor = (message: string): never => {
  throw new OpsError('VALIDATION', `The cursor ${message}. Leave it out to begin with the first page.`, {
    fields: [{ path: 'cursor', message }],
  });
};

interface Place {
  id: number;
  key: string | undefined;
}

const readCursor = (cursor: string, query: string, sort: Sort | 'id'): Place => {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return refuseCursor('is not one that a page of this list gave');
  }
  const [ofQuery, id, key] = Array.isArray(parts) ? (parts as unknown[]) : [];
  const fits = sort === 'id' ? key === undefined : typeof key === 'string' && FITS[sort.type](key);
  if (typeof ofQuery !== 'string' || typeof id !== 'number' || !Number.isSafeInteger(id))
    return refuseCursor('is not one that a page of this list gave');
  if (ofQuery !== query) return refuseCursor('belongs to another sort or other filters');
  if (!fits) return refuseCursor('is not one that a page of this list gave');
  return { id, key: key as string | undefined };
};

/** Names the sort and the filters, so that a cursor of others is known. */
const queryHash = (id: string, sort: string, filter: object): string => {
  const { limit: _, cursor: __, fields: ___, sort: ____, ...filters } = filter as Record<string, unknown>;
  return createHash('sha256')
    .update(canonicalJson([id, sort, filters]))
    .digest('base64url')
    .slice(0, 11);
};

const picker = (fields: string | undefined): (<Row extends object>(row: Row) => Row) => {
  if (fields === undefined) return (row) => row;
  const names = new Set(fields.split(','));
  return (row) => Object.fromEntries(Object.entries(row).filter(([name]) => names.has(name))) as typeof row;
};

/**
 * One page of a list, read by key. The statement holds the parts: `SELECT ${page.columns}, … WHERE … AND ${page.where} ${page.order}`.
 * @param filter of the query; what else decides which rows the list has (the run whose branches they are) is added to it.
 * @param bind values of the service's own placeholders, $1 …; those of the page come behind them.
 * @throws OpsError VALIDATION for a cursor that no page of the same sort and filters gave.
 */
export const keyset = <Name extends string>(
  order: Order<Name>,
  filter: ListFilter<NoInfer<Name>> & Readonly<Record<string, unknown>>,
  bind: Bind,
): Keyset => {
  const named = filter.sort ?? order.sort;
  const isDown = named.startsWith('-');
  const sort: Sort | 'id' = order.sorts[(isDown ? named.slice(1) : named) as Name];
  const query = queryHash(order.id, named, filter);
  const place = filter.cursor === undefined ? undefined : readCursor(filter.cursor, query, sort);
  const values: unknown[] = [...bind];
  const put = (value: unknown, type: string): string => `$${values.push(value)}::${type}`;
  const direction = isDown ? 'DESC' : 'ASC';
  const beyond = isDown ? '<' : '>';
  const whereOf = ({ id, key }: Place): string => {
    if (sort === 'id') return `${order.id} ${beyond} ${put(id, 'bigint')}`;
    const from = put(key, sort.type);
    // The first half alone is what an index over columns of one of several tables can be asked.
    return `${sort.by} ${beyond}= ${from} AND (${sort.by}, ${order.id}) ${beyond} (${from}, ${put(id, 'bigint')})`;
  };
  const where = place === undefined ? 'true' : whereOf(place);
  const keys = sort === 'id' ? '' : `${sort.by} ${direction}, `;
  const pick = picker(filter.fields);
  return {
    columns: `${order.id} AS row_id${sort === 'id' ? '' : `, ${asText(sort)} AS row_key`}`,
    where,
    order: `ORDER BY ${keys}${order.id} ${direction} LIMIT ${put(filter.limit + 1, 'bigint')}`,
    bind: values,
    wants: (field) => filter.fields === undefined || filter.fields.split(',').includes(field),
    of: (rows) => {
      const last = rows.length > filter.limit ? rows[filter.limit - 1] : undefined;
      return {
        data: rows.slice(0, filter.limit).map(({ row_id: _, row_key: __, ...row }) => pick(row)),
        next:
          last === undefined
            ? null
            : Buffer.from(JSON.stringify([query, last.row_id, ...(last.row_key === undefined ? [] : [last.row_key])])).toString(
                'base64url',
              ),
      };
    },
  };
};
