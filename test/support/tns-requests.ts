import { cursorOf } from './tns-bytes.ts';
import type { Cursor } from './tns-bytes.ts';
import {
  BINARY_DOUBLE,
  BINARY_FLOAT,
  BLOB,
  CLOB,
  DATE,
  decimalOf,
  NUMBER,
  RAW,
  TIMESTAMP,
  TIMESTAMP_LTZ,
  TIMESTAMP_TZ,
} from './tns-values.ts';

const [FUNCTION, ROW_DATA, LOB_DATA, PIGGYBACK] = [3, 7, 14, 17];
const [REEXECUTE, FETCH, LOGOFF, COMMIT, ROLLBACK, REEXECUTE_AND_FETCH, EXECUTE, LOB_OP] = [4, 5, 9, 14, 15, 78, 94, 96];
const [CLOSE_CURSORS, CANCEL_CURSORS, PING] = [105, 120, 147];
const [OPTION_PARSE, OPTION_DEFINE, OPTION_EXECUTE, OPTION_FETCH, OPTION_COMMIT] = [0x01, 0x10, 0x20, 0x40, 0x1_00];
const [COMMIT_AGAIN, LOB_WRITE, LOB_CREATE] = [0x01, 0x40, 0x1_10];
const [FIELD_12_2, FIELD_12_2_EXT, FIELD_TOKENS] = [8, 9, 18];

/** A type of a value that was bound, or that a column is to have. */
export interface Bound {
  code: number;
  size: number;
}

export type Call =
  | {
      kind: 'execute';
      cursor: number;
      /** undefined: the one of the cursor. */
      text: string | undefined;
      rows: number;
      isCommitted: boolean;
      binds: readonly Bound[];
      values: readonly unknown[];
      /** Types that the columns are to have; no rows come with the answer. */
      defines: readonly Bound[] | undefined;
    }
  | { kind: 'again'; cursor: number; rows: number; isCommitted: boolean; values: readonly unknown[] }
  | { kind: 'fetch'; cursor: number; rows: number }
  | { kind: 'lob'; operation: 'create' | 'write' | 'other'; locator: Buffer; data: Buffer; amount: number | undefined }
  | { kind: 'ping' | 'commit' | 'rollback' | 'logoff' };

export interface Known {
  fieldVersion: number;
  /** Longer texts of SQL are bound behind all other values. */
  largestText: number;
  /** Statement of a cursor, and the types of what was bound to it. */
  cursor(id: number): { text: string; binds: readonly Bound[] };
  /** What was written into a temporary large object. */
  textOf(locator: Buffer): string;
}

const decode = (code: number, bytes: Buffer): unknown => {
  if (code === NUMBER) return decimalOf(bytes);
  return [RAW, DATE, TIMESTAMP, TIMESTAMP_TZ, TIMESTAMP_LTZ, BINARY_FLOAT, BINARY_DOUBLE].includes(code) ? bytes : bytes.toString();
};

const readValue = (cursor: Cursor, { code }: Bound, { textOf }: Known): unknown => {
  if ((code === CLOB || code === BLOB) && cursor.ub() === 0) return null;
  const bytes = cursor.bytes();
  if (bytes === null) return null;
  return code === CLOB || code === BLOB ? textOf(bytes) : decode(code, bytes);
};

/** PL/SQL. */
export const isBlock = (text: string): boolean => /^\s*(begin|declare|call)\b/i.test(text);

/** One row of values, those of the longest texts at its end. */
const readRow = (cursor: Cursor, binds: readonly Bound[], isInBlock: boolean, known: Known): unknown[] => {
  if (binds.length === 0) return [];
  if (cursor.u8() !== ROW_DATA) throw new Error('The double expected the values that are bound.');
  const isLong = ({ size }: Bound): boolean => !isInBlock && size > known.largestText;
  const places = binds.map((bound, index) => ({ bound, index }));
  const values: unknown[] = [];
  for (const { bound, index } of [...places.filter((place) => !isLong(place.bound)), ...places.filter((place) => isLong(place.bound))])
    values[index] = readValue(cursor, bound, known);
  return values;
};

const readTypes = (cursor: Cursor, count: number, fieldVersion: number): Bound[] =>
  Array.from({ length: count }, () => {
    const code = cursor.u8();
    cursor.skip('111');
    const size = cursor.ub();
    cursor.skip('nn');
    if (cursor.ub() > 0) cursor.bytes();
    cursor.skip('nn1n');
    if (fieldVersion >= FIELD_12_2) cursor.skip('n');
    return { code, size };
  });

const readExecute = (cursor: Cursor, known: Known): Call => {
  const { fieldVersion } = known;
  const [options, id] = [cursor.ub(), cursor.ub()];
  cursor.skip('1n1n111');
  const rows = cursor.ub();
  cursor.skip('n1');
  const bindCount = cursor.ub();
  cursor.skip('111111');
  const defineCount = cursor.ub();
  cursor.skip('n111n1nn1n1');
  if (fieldVersion >= FIELD_12_2) cursor.skip('1n1n1');
  if (fieldVersion >= FIELD_12_2_EXT) cursor.skip('1n');
  const text = (options & OPTION_PARSE) === 0 ? undefined : (cursor.bytes()?.toString() ?? '');
  cursor.skip('n'.repeat(13));
  const isDefine = (options & OPTION_DEFINE) !== 0;
  const defines = isDefine ? readTypes(cursor, defineCount, fieldVersion) : undefined;
  const binds = isDefine ? [] : readTypes(cursor, bindCount, fieldVersion);
  const values = readRow(cursor, binds, isBlock(text ?? ''), known);
  const isCommitted = (options & OPTION_COMMIT) !== 0;
  // A cursor that came from a procedure is fetched from without being executed.
  if (!isDefine && (options & OPTION_EXECUTE) === 0) return { kind: 'fetch', cursor: id, rows };
  return { kind: 'execute', cursor: id, text, rows: (options & OPTION_FETCH) === 0 ? 0 : rows, isCommitted, binds, values, defines };
};

const readAgain = (cursor: Cursor, isQuery: boolean, known: Known): Call => {
  const [id, rows, , flags] = [cursor.ub(), cursor.ub(), cursor.ub(), cursor.ub()];
  const { text, binds } = known.cursor(id);
  const values = readRow(cursor, binds, isBlock(text), known);
  return { kind: 'again', cursor: id, rows: isQuery ? rows : 0, isCommitted: (flags & COMMIT_AGAIN) !== 0, values };
};

const readLob = (cursor: Cursor): Call => {
  cursor.skip('1');
  const length = cursor.ub();
  cursor.skip('1nnn111');
  const operation = cursor.ub();
  cursor.skip('11nn');
  const hasAmount = cursor.u8() === 1;
  cursor.take(6);
  const locator = cursor.take(length);
  if (operation === LOB_CREATE) cursor.ub();
  if (operation === LOB_WRITE && cursor.u8() !== LOB_DATA) throw new Error('The double expected the data of a large object.');
  const data = operation === LOB_WRITE ? (cursor.bytes() ?? Buffer.alloc(0)) : Buffer.alloc(0);
  const amount = hasAmount ? cursor.ub() : undefined;
  const kind = operation === LOB_CREATE ? 'create' : operation === LOB_WRITE ? 'write' : 'other';
  return { kind: 'lob', operation: kind, locator: Buffer.from(locator), data, amount };
};

/** What travels before a call: cursors and temporary large objects that are done with. */
const skipPiggyback = (cursor: Cursor, sequence: string): void => {
  const code = cursor.u8();
  cursor.skip(sequence);
  if (code === CLOSE_CURSORS || code === CANCEL_CURSORS) {
    cursor.skip('1');
    cursor.skip('n'.repeat(cursor.ub()));
  } else if (code === LOB_OP) {
    cursor.skip('1');
    const length = cursor.ub();
    cursor.skip('1nnn111n1nnn11n1n1n');
    cursor.take(length);
  } else throw new Error(`The double knows no piggyback ${code}.`);
};

/** @throws MoreNeeded when the rest is still under way */
export const readCall = (body: Buffer, known: Known): Call => {
  const cursor = cursorOf(body);
  const sequence = known.fieldVersion >= FIELD_TOKENS ? '1n' : '1';
  let type = cursor.u8();
  for (; type === PIGGYBACK; type = cursor.u8()) skipPiggyback(cursor, sequence);
  if (type !== FUNCTION) throw new Error(`The double knows no message of type ${type}.`);
  const code = cursor.u8();
  cursor.skip(sequence);
  if (code === EXECUTE) return readExecute(cursor, known);
  if (code === REEXECUTE || code === REEXECUTE_AND_FETCH) return readAgain(cursor, code === REEXECUTE_AND_FETCH, known);
  if (code === FETCH) return { kind: 'fetch', cursor: cursor.ub(), rows: cursor.ub() };
  if (code === LOB_OP) return readLob(cursor);
  const kind = ({ [PING]: 'ping', [COMMIT]: 'commit', [ROLLBACK]: 'rollback', [LOGOFF]: 'logoff' } as const)[code];
  if (kind === undefined) throw new Error(`The double knows no function ${code}.`);
  return { kind };
};
