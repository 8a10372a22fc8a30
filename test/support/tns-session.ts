import * as answers from './tns-answers.ts';
import type { Column, Row } from './tns-answers.ts';
import { BREAK, RESET } from './tns-packets.ts';
import type { Packet, Wire } from './tns-packets.ts';
import type { Release } from './tns-handshake.ts';
import { isBlock } from './tns-requests.ts';
import type { Bound, Call } from './tns-requests.ts';
import { BLOB, CLOB } from './tns-values.ts';

export interface Statement {
  text: string;
  /** Values in the order of their places, numbers as text. */
  values: readonly unknown[];
  isCommitted: boolean;
}

interface Rows {
  columns: readonly Column[];
  rows: Iterable<Row>;
}

/** How the double answers a statement. */
export type Answer =
  | ({ kind: 'rows'; cutAfter?: number } & Rows)
  | { kind: 'changed'; count: number }
  | { kind: 'done'; isInvalid?: boolean }
  /** A procedure with rows of its own. */
  | { kind: 'sets'; sets: readonly Rows[] }
  | { kind: 'failed'; error: number; message: string }
  /** Nothing comes until a break. */
  | { kind: 'hangs' }
  /** Nothing comes, also after a break. */
  | { kind: 'deaf' }
  /** The connection is cut. */
  | { kind: 'cut' };

interface Cursor {
  text: string;
  binds: readonly Bound[];
  columns: readonly Column[];
  rows: Iterator<Row>;
  given: number;
  cutAfter: number;
  defines: readonly Bound[] | undefined;
}

const isLarge = ({ type: { code } }: Column): boolean => code === CLOB || code === BLOB;

/** The server's side of one login: its cursors, and its answers to calls. */
export const createSession = (wire: Wire, release: Release, answerTo: (statement: Statement) => Answer, onRow: () => void) => {
  const { fieldVersion, hasEnds } = release;
  const cursors = new Map<number, Cursor>();
  const lobs = new Map<string, Buffer[]>();

  const reply = (...parts: Buffer[]): void => wire.data(answers.ended(hasEnds, ...parts), hasEnds);

  /** An error breaks the call off: both sides throw away what they had, then the error is told. */
  const fail = async (error: number, message: string): Promise<void> => {
    wire.marker(BREAK);
    let packet: Packet | undefined;
    do packet = await wire.next();
    while (packet !== undefined && packet.body[2] !== RESET);
    wire.marker(RESET);
    reply(answers.outcome(fieldVersion, { error, message: `ORA-${String(error).padStart(5, '0')}: ${message}` }));
  };

  /** Rows of a cursor, and how it goes on. */
  const rowsOf = (id: number, cursor: Cursor, count: number): Buffer[] => {
    const parts: Buffer[] = [];
    let before: Row | undefined;
    while (parts.length < count) {
      const { value, done } = cursor.rows.next();
      if (done === true) {
        const error = { cursor: id, error: answers.NO_DATA, message: 'ORA-01403: no data found', rowCount: cursor.given };
        return [answers.rowHeader(), ...parts, answers.outcome(fieldVersion, error)];
      }
      parts.push(answers.row(cursor.columns, value, before, cursor.defines));
      if (cursor.defines === undefined) before = value;
      cursor.given += 1;
      onRow();
    }
    return [answers.rowHeader(), ...parts, answers.outcome(fieldVersion, { cursor: id, rowCount: cursor.given })];
  };

  const give = (id: number, cursor: Cursor, count: number, first: readonly Buffer[]): void => {
    if (cursor.given >= cursor.cutAfter) return wire.cut();
    reply(...first, ...rowsOf(id, cursor, count));
  };

  const startRows = (
    id: number,
    found: Extract<Answer, { kind: 'rows' }>,
    count: number,
    { text, binds }: Pick<Cursor, 'text' | 'binds'>,
  ): void => {
    const { columns, rows, cutAfter = Infinity } = found;
    const cursor = { text, binds, columns, rows: rows[Symbol.iterator](), given: 0, cutAfter, defines: cursors.get(id)?.defines };
    cursors.set(id, cursor);
    const first = [answers.describe(columns, fieldVersion)];
    // Large objects come only once the client has said in which form it wants them.
    if (columns.some(isLarge) || count === 0) return reply(...first, answers.executed(), answers.outcome(fieldVersion, { cursor: id }));
    give(id, cursor, count, first);
  };

  /** Rows that a procedure gives have cursors of their own. */
  const startSets = (sets: readonly Rows[]): Buffer => {
    const opened = sets.map(({ columns, rows }) => {
      const id = cursors.size + 1;
      cursors.set(id, { text: '', binds: [], columns, rows: rows[Symbol.iterator](), given: 0, cutAfter: Infinity, defines: undefined });
      return { id, columns };
    });
    return answers.resultSets(opened, fieldVersion);
  };

  /** @returns once the answer is on its way; a statement that hangs has none. */
  const run = async (id: number, statement: Statement, rows: number, cursor: Pick<Cursor, 'text' | 'binds'>): Promise<void> => {
    const answer = answerTo(statement);
    if (answer.kind === 'rows') return startRows(id, answer, rows, cursor);
    cursors.set(id, { ...cursor, columns: [], rows: [].values(), given: 0, cutAfter: Infinity, defines: undefined });
    const end = { cursor: id, inTransaction: answer.kind === 'changed' && !statement.isCommitted };
    const first = isBlock(statement.text) ? [answers.directions(statement.values.length)] : [];
    if (answer.kind === 'changed') reply(...first, answers.executed(), answers.outcome(fieldVersion, { ...end, rowCount: answer.count }));
    if (answer.kind === 'done') {
      const isInvalid = answer.isInvalid ?? false;
      reply(...first, answers.executed(), answers.outcome(fieldVersion, { ...end, isInvalid }));
    }
    if (answer.kind === 'sets') reply(...first, startSets(answer.sets), answers.executed(), answers.outcome(fieldVersion, end));
    if (answer.kind === 'failed') await fail(answer.error, answer.message);
    if (answer.kind === 'cut') wire.cut();
    if (answer.kind === 'deaf') while ((await wire.next()) !== undefined);
  };

  const define = (id: number, defines: readonly Bound[]): void => {
    const cursor = cursors.get(id);
    if (cursor !== undefined) cursor.defines = defines;
    reply(answers.outcome(fieldVersion, { cursor: id }));
  };

  const changeLob = ({ operation, locator, data, amount }: Extract<Call, { kind: 'lob' }>): void => {
    if (operation === 'create') locator.writeUInt32BE(lobs.size + 1);
    const key = locator.toString('hex');
    lobs.set(key, [...(lobs.get(key) ?? []), data]);
    reply(answers.lobAnswer(locator, operation === 'create', amount), answers.status());
  };

  return {
    cursor: (id: number) => cursors.get(id) ?? { text: '', binds: [] },
    textOf: (locator: Buffer): string => Buffer.concat(lobs.get(locator.toString('hex')) ?? []).toString(),
    reply,
    fail,
    async answer(call: Call): Promise<void> {
      if (call.kind === 'lob') return changeLob(call);
      if (call.kind === 'execute') {
        const { text = cursors.get(call.cursor)?.text ?? '', binds, values, isCommitted, rows } = call;
        if (call.defines !== undefined) return define(call.cursor, call.defines);
        const id = call.cursor === 0 ? cursors.size + 1 : call.cursor;
        return run(id, { text, values, isCommitted }, rows, { text, binds });
      }
      const cursor = 'cursor' in call ? cursors.get(call.cursor) : undefined;
      if (call.kind === 'again' && cursor !== undefined)
        return run(call.cursor, { text: cursor.text, values: call.values, isCommitted: call.isCommitted }, call.rows, cursor);
      if (call.kind === 'fetch' && cursor !== undefined) return give(call.cursor, cursor, call.rows, []);
      return reply(answers.status());
    },
  };
};
