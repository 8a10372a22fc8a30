import oracledb from 'oracledb';
import type { Connection } from 'oracledb';
import { METHOD_CONFIGS } from '../../contracts/methods/index.ts';
import type { Endpoint, QueryRequest } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { withinConnectTime } from '../abortable.ts';
import { createSqlSession } from '../sql/create-sql-session.ts';
import type { SqlLink } from '../sql/create-sql-session.ts';
import type { RowWriter } from '../sql/row-writer.ts';
import { loginOf } from '../sql/sql-endpoint.ts';
import { joinPlaceholders, procedureCall } from '../sql/statement-text.ts';
import type { OpenSession } from '../transport.ts';
import { connectOracle } from './connect-oracle.ts';
import type { OracleConnection } from './connect-oracle.ts';
import { toStatementError } from './oracle-errors.ts';
import { bindsOf, fetchTypeHandler, placeholder } from './oracle-values.ts';

const ROWS_AT_ONCE = 100;
const ABOUT = `SELECT 'database ' || SYS_CONTEXT('USERENV', 'DB_NAME') || ', user ' || USER FROM DUAL`;

/** Calls of one connection to the server, of which the one under way can be broken off. */
const createCalls = (connection: Connection) => {
  let isAsking = false;
  let isCancelled = false;
  return {
    begin: (): void => {
      isCancelled = false;
    },
    /** @throws when the statement has been cancelled before. */
    async ask<T>(call: () => Promise<T>): Promise<T> {
      if (isCancelled) throw new OpsError('QUERY_FAILED', 'the statement was cancelled between two fetches of its rows.');
      isAsking = true;
      try {
        return await call();
      } finally {
        isAsking = false;
      }
    },
    /** A break that came when the server does nothing would break the next call. */
    cancel: async (): Promise<void> => {
      isCancelled = true;
      if (isAsking) await connection.break();
    },
  };
};
type Calls = ReturnType<typeof createCalls>;

/** Rows come by the hundred, the next hundred once these are in the output. */
const execute = async (connection: Connection, { ask }: Calls, request: QueryRequest, rows: RowWriter): Promise<number | null> => {
  const text = joinPlaceholders(request.statement, placeholder);
  const { resultSet, metaData, rowsAffected } = await ask(() =>
    connection.execute<unknown[]>(request.isProcedure ? `BEGIN ${procedureCall(text)}; END;` : text, bindsOf(request.statement), {
      resultSet: true,
      autoCommit: true,
      prefetchRows: ROWS_AT_ONCE,
      fetchTypeHandler,
      outFormat: oracledb.OUT_FORMAT_ARRAY,
    }),
  );
  if (resultSet === undefined) return rowsAffected ?? null;
  // The driver makes names unique in a way of its own.
  rows.columns((metaData ?? []).map(({ name, dbColumnName }) => dbColumnName ?? name));
  const fetch = (): Promise<unknown[][]> => ask(() => resultSet.getRows(ROWS_AT_ONCE));
  try {
    for (let found = await fetch(); found.length > 0; found = await fetch()) {
      for (const row of found) rows.row(row);
      await rows.flush();
    }
  } finally {
    await resultSet.close().catch(() => undefined);
  }
  return null;
};

const linkOf = (endpoint: Endpoint, { connection, cut }: OracleConnection): SqlLink => {
  let isOpen = true;
  const calls = createCalls(connection);
  const told = (cause: unknown): OpsError => {
    const error = toStatementError(endpoint, cause);
    if (error.code === 'CONNECTION_LOST') isOpen = false;
    return error;
  };
  return {
    login: loginOf(endpoint),
    get isOpen() {
      return isOpen && connection.isHealthy();
    },
    async describe() {
      calls.begin();
      connection.callTimeout = endpoint.connectTimeoutMs;
      try {
        const { rows } = await calls.ask(() => connection.execute<string[]>(ABOUT, [], { outFormat: oracledb.OUT_FORMAT_ARRAY }));
        return `Oracle Database ${connection.oracleServerVersionString}; ${rows?.[0]?.[0] ?? ''}.`;
      } catch (cause) {
        throw told(cause);
      } finally {
        if (connection.isHealthy()) connection.callTimeout = 0;
      }
    },
    async execute(request, rows) {
      calls.begin();
      try {
        return await execute(connection, calls, request, rows);
      } catch (cause) {
        throw rows.failure ?? told(cause);
      }
    },
    cancel: calls.cancel,
    close: () => connection.close(),
    destroy: () => {
      isOpen = false;
      cut();
    },
  };
};

/** Oracle Database by the `oracledb` library without Oracle's client; a statement commits by itself, a cancel is the protocol's break. */
export const openOracle: OpenSession = async (endpoint, signal) => {
  const config = METHOD_CONFIGS.oracle.parse(endpoint.config);
  const connected = await withinConnectTime('Oracle Database', endpoint, signal, (limit) => connectOracle(endpoint, config, limit));
  return createSqlSession(linkOf(endpoint, connected));
};
