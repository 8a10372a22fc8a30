import { once } from 'node:events';
import { TypedParameter } from 'mysql2';
import type { Connection, FieldPacket, PrepareStatementInfo, ResultSetHeader } from 'mysql2';
import type { BoundText } from '../../contracts/transport.ts';
import type { RowWriter } from '../sql/row-writer.ts';
import { valueOf } from './value-of.ts';

const IN_TRANSACTION = 1;
const AUTOCOMMIT = 2;
const CHANGES = /^(?:INSERT|UPDATE|DELETE|REPLACE|WITH|LOAD)\b/i;

/** Whole numbers stay whole: a JavaScript number would be bound as a floating one, which LIMIT refuses. */
const toParameter = (value: BoundText['values'][number]) =>
  typeof value === 'number' && Number.isSafeInteger(value) ? TypedParameter.BIGINT(value) : value;

export interface StatementEnd {
  /** Rows changed; null for a statement that changes none. */
  affected: number | null;
  /** The statement has begun a transaction, or turned off that each statement is one. */
  leavesTransaction: boolean;
}

/** The server reads the statement and runs nothing. Its placeholders are counted there, not here. */
export const prepare = async (connection: Connection, text: string): Promise<{ statement: PrepareStatementInfo; placeholders: number }> => {
  const prepared = Promise.withResolvers<PrepareStatementInfo>();
  connection.prepare(text, (error, statement) => (error === null ? prepared.resolve(statement) : prepared.reject(error)));
  const statement = await prepared.promise;
  const parameters: unknown = Reflect.get(statement, 'parameters');
  return { statement, placeholders: Array.isArray(parameters) ? parameters.length : 0 };
};

/** Runs a prepared statement. The socket is not read while the output takes no rows. */
export const run = async (
  connection: Connection,
  { statement, text, values }: { statement: PrepareStatementInfo; text: string; values: BoundText['values'] },
  rows: RowWriter,
): Promise<StatementEnd> => {
  let fields: readonly FieldPacket[] = [];
  const end: StatementEnd = { affected: null, leavesTransaction: false };
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined);
  const flush = async (): Promise<void> => {
    connection.pause();
    try {
      await rows.flush();
      connection.resume();
    } catch (error) {
      failed.reject(error);
    }
  };
  const command = statement.execute(values.map(toParameter));
  command.on('fields', (given: readonly FieldPacket[] | undefined) => {
    // What a procedure changed comes without fields, behind its rows.
    if (given === undefined) return;
    fields = given;
    rows.columns(given.map(({ name }) => name));
  });
  command.on('result', (result: unknown[] | ResultSetHeader) => {
    if (Array.isArray(result)) {
      rows.row(result.map((value, index) => valueOf(fields[index], value)));
      if (rows.isFull) void flush();
      return;
    }
    const { affectedRows, serverStatus } = result;
    if (CHANGES.test(text.trimStart())) end.affected = affectedRows;
    end.leavesTransaction = (serverStatus & IN_TRANSACTION) !== 0 || (serverStatus & AUTOCOMMIT) === 0;
  });
  connection.once('error', failed.reject);
  try {
    await Promise.race([once(command, 'end'), failed.promise]);
    return end;
  } finally {
    connection.removeListener('error', failed.reject);
  }
};
