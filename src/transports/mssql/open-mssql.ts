import { once } from 'node:events';
import { Connection, Request, TYPES } from 'tedious';
import { METHOD_CONFIGS } from '../../contracts/methods/index.ts';
import type { MethodConfig } from '../../contracts/methods/index.ts';
import type { Endpoint, QueryRequest } from '../../contracts/transport.ts';
import { abortable, withinConnectTime } from '../abortable.ts';
import { createSqlSession } from '../sql/create-sql-session.ts';
import type { SqlLink } from '../sql/create-sql-session.ts';
import type { RowWriter } from '../sql/row-writer.ts';
import { loginOf, passwordOf, placeOf } from '../sql/sql-endpoint.ts';
import { transactionLeftOpen } from '../sql/sql-errors.ts';
import { joinPlaceholders } from '../sql/statement-text.ts';
import { tlsOptions, trustedCertificates } from '../tls-options.ts';
import type { OpenSession } from '../transport.ts';
import { readExactValues } from './exact-values.ts';
import { isCancelled, toConnectError, toStatementError } from './mssql-errors.ts';
import type { ServerSaid } from './mssql-errors.ts';
import { watchAnswers } from './watch-answers.ts';

type Config = MethodConfig<'mssql'>;

const ABOUT = `SELECT CONCAT('SQL Server ', CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)), '; database ', DB_NAME(), ', user ', SUSER_SNAME(), '.')`;
/** Our own clock ends the attempt before the driver's does. */
const GRACE_MS = 5_000;

readExactValues();

const connectionOf = (endpoint: Endpoint, config: Config): Connection => {
  const { username, password } = passwordOf(endpoint);
  const { host, port } = endpoint;
  const { ca_certificate: ca, server_name: serverName, database, encrypt, trust_server_certificate: trust } = config;
  // Refuses a certificate that cannot be read; the driver takes no secure context.
  tlsOptions({ host, ca_certificate: ca, server_name: serverName, verify: trust === 'no' });
  return new Connection({
    server: host,
    authentication: { type: 'default', options: { userName: username, password } },
    options: {
      port,
      database,
      encrypt: encrypt === 'yes',
      trustServerCertificate: trust === 'yes',
      cryptoCredentialsDetails: { ca: trustedCertificates(ca), minVersion: 'TLSv1.2' },
      ...(serverName === undefined ? {} : { serverName }),
      appName: 'opsconductor',
      connectTimeout: endpoint.connectTimeoutMs + GRACE_MS,
      requestTimeout: 0,
      maxRetriesOnTransientErrors: 0,
    },
  });
};

const connect = async (endpoint: Endpoint, config: Config, signal: AbortSignal): Promise<Connection> => {
  const connection = connectionOf(endpoint, config);
  const said: ServerSaid[] = [];
  const hear = (message: ServerSaid): void => void said.push(message);
  connection.on('errorMessage', hear);
  // Whoever waits for the login or a statement hears of it there.
  connection.on('error', () => undefined);
  const connected = once(connection, 'connect').then(([error]: unknown[]) => {
    if (error !== undefined && error !== null) throw error;
  });
  try {
    connection.connect();
    await abortable(signal, () => connection.close(), connected);
    connection.off('errorMessage', hear);
    return connection;
  } catch (cause) {
    connection.close();
    if (signal.aborted) throw signal.reason;
    throw toConnectError(endpoint, config.database, said, cause);
  }
};

const typeOf = (value: string | number | boolean | null) => {
  if (typeof value === 'boolean') return TYPES.Bit;
  if (typeof value !== 'number') return TYPES.NVarChar;
  if (!Number.isSafeInteger(value)) return TYPES.Float;
  return value === (value | 0) ? TYPES.Int : TYPES.BigInt;
};

/** T-SQL calls a procedure without parentheses. */
const call = (text: string): string => {
  const [, name, values] = /^([^(]*)\((.*)\)\s*;?\s*$/s.exec(text.trim()) ?? [];
  return name === undefined ? `EXEC ${text}` : `EXEC ${name} ${values ?? ''}`;
};

/** Rows come as fast as the output takes them; the driver reads no further in between. */
const execute = (connection: Connection, { statement, isProcedure }: QueryRequest, rows: RowWriter): Promise<number | null> => {
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  const text = joinPlaceholders(statement, (number) => `@ops_value_${number}`);
  let isRows = false;
  let affected: number | null = null;
  const request = new Request(isProcedure ? call(text) : text, (error) => {
    if (error === null || error === undefined) resolve(affected);
    else reject(error);
  });
  for (const [index, value] of statement.values.entries()) request.addParameter(`ops_value_${index + 1}`, typeOf(value), value);
  const onDone = (count: number | undefined): void => {
    if (!isRows && count !== undefined) affected = (affected ?? 0) + count;
    isRows = false;
  };
  request.on('done', onDone);
  request.on('doneInProc', onDone);
  request.on('columnMetadata', (columns) => {
    isRows = true;
    rows.columns(Object.values(columns).map(({ colName }) => colName));
  });
  request.on('row', (columns: { value: unknown }[]) => {
    rows.row(columns.map(({ value }) => value));
    if (!rows.isFull) return;
    request.pause();
    rows.flush().then(
      () => request.resume(),
      (error: unknown) => {
        reject(error);
        connection.close();
      },
    );
  });
  connection.execSql(request);
  return promise;
};

const runBatch = (connection: Connection, text: string): Promise<string> => {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let said = '';
  const request = new Request(text, (error) => {
    if (error === null || error === undefined) resolve(said);
    else reject(error);
  });
  request.on('row', (columns: { value: unknown }[]) => (said = String(columns[0]?.value)));
  connection.execSqlBatch(request);
  return promise;
};

const linkOf = (endpoint: Endpoint, connection: Connection): SqlLink => {
  let isOpen = true;
  const told = watchAnswers(connection);
  const drop = (): void => {
    isOpen = false;
    connection.close();
  };
  connection.on('end', () => (isOpen = false));
  connection.on('error', () => (isOpen = false));
  const explain = (cause: unknown): Error => {
    const error = toStatementError(endpoint, cause);
    if (error.code === 'CONNECTION_LOST') isOpen = false;
    return error;
  };
  /** @returns whether there was something to roll back. */
  const rollBack = async (): Promise<boolean> => {
    const inTransaction: unknown = Reflect.get(connection, 'inTransaction');
    if (!isOpen || inTransaction !== true) return false;
    await runBatch(connection, 'IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION');
    return true;
  };
  return {
    login: loginOf(endpoint),
    place: placeOf(endpoint),
    get isOpen() {
      return isOpen;
    },
    describe: async () => {
      try {
        return await runBatch(connection, ABOUT);
      } catch (cause) {
        throw explain(cause);
      }
    },
    async execute(request, rows) {
      told.isDone = false;
      try {
        const affected = await execute(connection, request, rows);
        if (!(await rollBack())) return affected;
      } catch (cause) {
        // A connection whose transaction cannot be rolled back is of no more use.
        await rollBack().catch(drop);
        throw rows.failure ?? explain(cause);
      }
      throw transactionLeftOpen(endpoint);
    },
    cancel: async () => void connection.cancel(),
    cancelled: (error) => isCancelled(error) && (told.isDone ? 'late' : 'in time'),
    close: async () => drop(),
    destroy: drop,
  };
};

/** Microsoft SQL Server by the `tedious` library: every statement through sp_executesql; a cancel is the protocol's attention signal. */
export const openMssql: OpenSession = async (endpoint, signal) => {
  const config = METHOD_CONFIGS.mssql.parse(endpoint.config);
  const connection = await withinConnectTime('Microsoft SQL Server', endpoint, signal, (limit) => connect(endpoint, config, limit));
  return createSqlSession(linkOf(endpoint, connection));
};
