import oracledb from 'oracledb';
import type { Connection, ResultSet, Result } from 'oracledb';
import type { QueryRequest } from '../../contracts/transport.ts';
import type { RowWriter } from '../sql/row-writer.ts';
import { joinPlaceholders, procedureCall } from '../sql/statement-text.ts';
import { BETWEEN_FETCHES } from './oracle-errors.ts';
import { bindsOf, fetchTypeHandler, placeholder } from './oracle-values.ts';

type Rows = ResultSet<unknown[]>;

const ROWS_AT_ONCE = 100;

/** Calls of one connection to the server, of which the one under way can be broken off. */
export interface Calls {
  /** A new statement begins: a cancel before it is past. */
  begin(): void;
  /** @throws Error when the statement was cancelled between two calls. */
  ask<T>(call: () => Promise<T>): Promise<T>;
  cancel(): Promise<void>;
}

export const createCalls = (connection: Connection): Calls => {
  let isAsking = false;
  let isCancelled = false;
  return {
    begin: () => {
      isCancelled = false;
    },
    async ask(call) {
      if (isCancelled) throw new Error(BETWEEN_FETCHES);
      isAsking = true;
      try {
        return await call();
      } finally {
        isAsking = false;
      }
    },
    // A break that came while the server does nothing would break the next call.
    cancel: async () => {
      isCancelled = true;
      if (isAsking) await connection.break();
    },
  };
};

/** Rows come by the hundred, the next hundred once these are in the output. */
const giveRows = async (found: Rows, { ask }: Calls, rows: RowWriter): Promise<void> => {
  // The driver makes names unique in a way of its own.
  rows.columns(found.metaData.map(({ name, dbColumnName }) => dbColumnName ?? name));
  const fetch = (): Promise<unknown[][]> => ask(() => found.getRows(ROWS_AT_ONCE));
  for (let some = await fetch(); some.length > 0; some = await fetch()) {
    for (const row of some) rows.row(row);
    await rows.flush();
  }
};

/** Rows of a query, or those that a procedure gives of itself. */
const rowsOf = ({ resultSet, implicitResults = [] }: Result<unknown[]>): Rows[] =>
  resultSet === undefined ? implicitResults.filter((found): found is Rows => !Array.isArray(found)) : [resultSet];

/** Runs a statement to its end, and commits what it changed. @returns rows changed, where the server says. */
export const executeStatement = async (
  connection: Connection,
  calls: Calls,
  { statement, isProcedure }: QueryRequest,
  rows: RowWriter,
): Promise<number | null> => {
  const text = joinPlaceholders(statement, placeholder);
  const options = { resultSet: true, autoCommit: true, prefetchRows: ROWS_AT_ONCE, fetchTypeHandler, outFormat: oracledb.OUT_FORMAT_ARRAY };
  const result = await calls.ask(() =>
    connection.execute<unknown[]>(isProcedure ? `BEGIN ${procedureCall(text)}; END;` : text, bindsOf(statement), options),
  );
  if (result.warning !== undefined) throw result.warning;
  const found = rowsOf(result);
  try {
    for (const each of found) await giveRows(each, calls, rows);
  } finally {
    for (const each of found) await each.close().catch(() => undefined);
  }
  return found.length === 0 ? (result.rowsAffected ?? null) : null;
};
