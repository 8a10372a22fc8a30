import oracledb from 'oracledb';
import { METHOD_CONFIGS } from '../../contracts/methods/index.ts';
import type { Endpoint } from '../../contracts/transport.ts';
import type { OpsError } from '../../domain/ops-error.ts';
import { withinConnectTime } from '../abortable.ts';
import { createSqlSession } from '../sql/create-sql-session.ts';
import type { SqlLink } from '../sql/create-sql-session.ts';
import { loginOf, placeOf } from '../sql/sql-endpoint.ts';
import type { OpenSession } from '../transport.ts';
import { connectOracle } from './connect-oracle.ts';
import type { OracleConnection } from './connect-oracle.ts';
import { createCalls, executeStatement } from './execute-statement.ts';
import { cancelled, toStatementError } from './oracle-errors.ts';

const ABOUT = `SELECT 'database ' || SYS_CONTEXT('USERENV', 'DB_NAME') || ', user ' || USER FROM DUAL`;

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
    place: placeOf(endpoint),
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
        return await executeStatement(connection, calls, request, rows);
      } catch (cause) {
        throw rows.failure ?? told(cause);
      }
    },
    cancel: calls.cancel,
    cancelled,
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
