import oracledb from 'oracledb';
import type { Connection, FetchTypeResponse, Metadata } from 'oracledb';
import { METHOD_CONFIGS } from '../../contracts/methods/index.ts';
import type { MethodConfig } from '../../contracts/methods/index.ts';
import type { Endpoint, QueryRequest } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { abortable, withinConnectTime } from '../abortable.ts';
import { createSqlSession } from '../sql/create-sql-session.ts';
import type { SqlLink } from '../sql/create-sql-session.ts';
import { integerValue } from '../sql/json-value.ts';
import type { RowWriter } from '../sql/row-writer.ts';
import { loginOf, passwordOf, placeOf } from '../sql/sql-endpoint.ts';
import { joinPlaceholders, procedureCall } from '../sql/statement-text.ts';
import type { OpenSession } from '../transport.ts';
import { toConnectError, toStatementError } from './oracle-errors.ts';

type Config = MethodConfig<'oracle'>;

const ROWS_AT_ONCE = 100;
const NAME = /^[\w.$#:-]+$/;
/** How the server writes dates and moments as text. */
const FORMATS = `ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS' NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF' NLS_TIMESTAMP_TZ_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF TZH:TZM' NLS_NUMERIC_CHARACTERS = '.,'`;
const ABOUT = `SELECT 'database ' || SYS_CONTEXT('USERENV', 'DB_NAME') || ', user ' || USER FROM DUAL`;

const serviceOf = ({ service_name: service, sid }: Config): string => service ?? sid ?? '';

/** @throws OpsError VALIDATION for a name that would be more than a name in the text that the driver takes. */
const addressOf = (endpoint: Endpoint, config: Config): string => {
  const { host, port, connectTimeoutMs } = endpoint;
  const service = serviceOf(config);
  for (const name of [host, service])
    if (!NAME.test(name))
      throw new OpsError(
        'VALIDATION',
        `${placeOf(endpoint)}: host, service_name and sid are made of letters, digits and . _ $ # : - only.`,
      );
  const seconds = Math.ceil(connectTimeoutMs / 1_000);
  const data = config.sid === undefined ? `SERVICE_NAME=${service}` : `SID=${service}`;
  return `(DESCRIPTION=(CONNECT_TIMEOUT=${seconds})(ADDRESS=(PROTOCOL=${config.protocol})(HOST=${host})(PORT=${port}))(CONNECT_DATA=(${data})))`;
};

const connect = async (endpoint: Endpoint, config: Config, signal: AbortSignal): Promise<Connection> => {
  const { username: user, password } = passwordOf(endpoint);
  const connecting = oracledb.getConnection({ user, password, connectString: addressOf(endpoint, config) });
  // The driver cannot be told to give up: a login that comes too late is closed.
  const giveUp = (): void => void connecting.then((late) => late.close()).catch(() => undefined);
  try {
    const connection = await abortable(signal, giveUp, connecting);
    await abortable(signal, giveUp, connection.execute(FORMATS));
    return connection;
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    throw toConnectError(endpoint, serviceOf(config), cause);
  }
};

/** Numbers of up to 38 digits, dates and moments come as text of the server, large objects as a whole. */
const fetchTypeHandler = ({ dbType, scale = 0, precision = 0 }: Metadata<unknown>): FetchTypeResponse | undefined => {
  if (dbType === oracledb.DB_TYPE_NUMBER) {
    const isWhole = scale === 0 && precision > 0;
    const converter = (text: unknown): unknown => (isWhole && typeof text === 'string' ? integerValue(text) : text);
    return { type: oracledb.STRING, converter };
  }
  const texts: unknown[] = [
    oracledb.DB_TYPE_DATE,
    oracledb.DB_TYPE_TIMESTAMP,
    oracledb.DB_TYPE_TIMESTAMP_TZ,
    oracledb.DB_TYPE_TIMESTAMP_LTZ,
    oracledb.DB_TYPE_CLOB,
    oracledb.DB_TYPE_NCLOB,
  ];
  if (texts.includes(dbType)) return { type: oracledb.STRING };
  return dbType === oracledb.DB_TYPE_BLOB ? { type: oracledb.BUFFER } : undefined;
};

/** Before version 23 the server has no booleans: yes and no are 1 and 0. */
const bindOf = (value: string | number | boolean | null) => {
  if (typeof value === 'boolean') return { val: value ? 1 : 0, type: oracledb.NUMBER };
  return { val: value, type: typeof value === 'number' ? oracledb.NUMBER : oracledb.STRING };
};

/** Rows come by the hundred, the next hundred once these are in the output. */
const execute = async (connection: Connection, { statement, isProcedure }: QueryRequest, rows: RowWriter): Promise<number | null> => {
  const text = joinPlaceholders(statement, (number) => `:ops_value_${number}`);
  const binds = Object.fromEntries(statement.values.map((value, index) => [`ops_value_${index + 1}`, bindOf(value)]));
  const { resultSet, metaData, rowsAffected } = await connection.execute<unknown[]>(
    isProcedure ? `BEGIN ${procedureCall(text)}; END;` : text,
    binds,
    { resultSet: true, autoCommit: true, prefetchRows: ROWS_AT_ONCE, fetchTypeHandler, outFormat: oracledb.OUT_FORMAT_ARRAY },
  );
  if (resultSet === undefined) return rowsAffected ?? null;
  rows.columns((metaData ?? []).map(({ name }) => name));
  try {
    for (let found = await resultSet.getRows(ROWS_AT_ONCE); found.length > 0; found = await resultSet.getRows(ROWS_AT_ONCE)) {
      for (const row of found) rows.row(row);
      await rows.flush();
    }
  } finally {
    await resultSet.close().catch(() => undefined);
  }
  return null;
};

const linkOf = (endpoint: Endpoint, connection: Connection): SqlLink => {
  let isOpen = true;
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
      connection.callTimeout = endpoint.connectTimeoutMs;
      try {
        const { rows } = await connection.execute<string[]>(ABOUT, [], { outFormat: oracledb.OUT_FORMAT_ARRAY });
        return `Oracle Database ${connection.oracleServerVersionString}; ${rows?.[0]?.[0] ?? ''}.`;
      } catch (cause) {
        throw told(cause);
      } finally {
        if (connection.isHealthy()) connection.callTimeout = 0;
      }
    },
    async execute(request, rows) {
      try {
        return await execute(connection, request, rows);
      } catch (cause) {
        throw rows.failure ?? told(cause);
      }
    },
    cancel: () => connection.break(),
    close: () => connection.close(),
    destroy: () => {
      isOpen = false;
      void connection.close({ drop: true }).catch(() => undefined);
    },
  };
};

/** Oracle Database by the `oracledb` library without Oracle's client; a statement commits by itself, a cancel is the protocol's break. */
export const openOracle: OpenSession = async (endpoint, signal) => {
  const config = METHOD_CONFIGS.oracle.parse(endpoint.config);
  const connection = await withinConnectTime('Oracle Database', endpoint, signal, (limit) => connect(endpoint, config, limit));
  return createSqlSession(linkOf(endpoint, connection));
};
