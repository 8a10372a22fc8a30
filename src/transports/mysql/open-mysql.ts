import { once } from 'node:events';
import { Socket } from 'node:net';
import { createConnection } from 'mysql2';
import type { Connection, RowDataPacket } from 'mysql2';
import { METHOD_CONFIGS } from '../../contracts/methods/index.ts';
import type { MethodConfig } from '../../contracts/methods/index.ts';
import type { Endpoint } from '../../contracts/transport.ts';
import { abortable, withinConnectTime } from '../abortable.ts';
import { createSqlSession } from '../sql/create-sql-session.ts';
import type { SqlLink } from '../sql/create-sql-session.ts';
import { loginOf, passwordOf, placeOf } from '../sql/sql-endpoint.ts';
import { joinPlaceholders, procedureCall } from '../sql/statement-text.ts';
import { transactionLeftOpen } from '../sql/sql-errors.ts';
import type { OpenSession } from '../transport.ts';
import { exceedsCharset } from './charset.ts';
import {
  cancelledBefore,
  charsetRefused,
  isCancel,
  isTlsMissing,
  placeholdersRefused,
  toConnectError,
  toStatementError,
} from './mysql-errors.ts';
import { prepare, run } from './run-statement.ts';
import { upgradeToTls } from './upgrade-to-tls.ts';

type Config = MethodConfig<'mysql'>;

interface Login {
  connection: Connection;
  socket: Socket;
  state: { isOpen: boolean };
}

/** -LOCAL_FILES: a server may else ask for any file of this machine. -FOUND_ROWS: rows changed, not rows found. */
const FLAGS = ['-LOCAL_FILES', '-FOUND_ROWS', '-MULTI_STATEMENTS'];

const optionsOf = (endpoint: Endpoint, { database, charset }: Config) => {
  const { username: user, password } = passwordOf(endpoint);
  const exactValues = { supportBigNumbers: true, bigNumberStrings: true, dateStrings: true, jsonStrings: true, rowsAsArray: true } as const;
  // An own limit of time holds for the whole login.
  const limits = { connectTimeout: 0, multipleStatements: false };
  return {
    host: endpoint.host,
    user,
    password,
    charset,
    flags: FLAGS,
    ...(database === undefined ? {} : { database }),
    ...exactValues,
    ...limits,
  };
};

const connectOnce = async (endpoint: Endpoint, config: Config, withTls: boolean, signal: AbortSignal): Promise<Login> => {
  const socket = new Socket();
  const options = optionsOf(endpoint, config);
  const connection = createConnection({ ...options, stream: socket, ...(withTls ? { ssl: { verifyIdentity: true } } : {}) });
  if (withTls) upgradeToTls(connection, endpoint, config);
  const state = { isOpen: true };
  connection.on('error', () => (state.isOpen = false));
  connection.on('end', () => (state.isOpen = false));
  socket.on('close', () => (state.isOpen = false));
  try {
    const connected = once(connection, 'connect');
    socket.setNoDelay().setKeepAlive(true).connect(endpoint.port, endpoint.host);
    await abortable(signal, () => socket.destroy(), connected);
    return { connection, socket, state };
  } catch (cause) {
    socket.destroy();
    throw cause;
  }
};

const connectAny = async (endpoint: Endpoint, config: Config, signal: AbortSignal): Promise<Login> => {
  const { ssl_mode: mode, database } = config;
  try {
    return await connectOnce(endpoint, config, mode !== 'disabled', signal);
  } catch (cause) {
    if (signal.aborted) throw signal.reason;
    if (mode !== 'preferred' || !isTlsMissing(cause)) throw toConnectError(endpoint, database, cause);
  }
  try {
    return await connectOnce(endpoint, config, false, signal);
  } catch (cause) {
    throw signal.aborted ? signal.reason : toConnectError(endpoint, database, cause);
  }
};

const connect = (endpoint: Endpoint, config: Config, signal: AbortSignal): Promise<Login> =>
  withinConnectTime('MySQL/MariaDB', endpoint, signal, (limit) => connectAny(endpoint, config, limit));

const query = async (connection: Connection, text: string): Promise<unknown[]> => {
  const answer = Promise.withResolvers<unknown[]>();
  connection.query<RowDataPacket[]>(text, (error, rows) => (error === null ? answer.resolve(rows) : answer.reject(error)));
  return answer.promise;
};

/** KILL QUERY ends the statement and leaves the connection; it takes a number only, no bound value. */
const cancelOn = async (endpoint: Endpoint, config: Config, thread: number): Promise<void> => {
  const { connection, socket } = await connect(endpoint, config, AbortSignal.timeout(endpoint.connectTimeoutMs));
  try {
    await query(connection, `KILL QUERY ${thread}`);
  } finally {
    socket.destroy();
  }
};

const goodbye = async (connection: Connection): Promise<void> => {
  const ended = Promise.withResolvers<void>();
  connection.end(() => ended.resolve());
  await ended.promise;
};

const describe = async (connection: Connection): Promise<string> => {
  const [row] = await query(connection, 'SELECT version(), database(), current_user()');
  const [version, database, user] = Array.isArray(row) ? row.map((value) => String(value ?? 'none')) : [];
  return `${version?.includes('MariaDB') === true ? '' : 'MySQL '}${version}; database ${database}, user ${user}.`;
};

const linkOf = (endpoint: Endpoint, config: Config, { connection, socket, state }: Login): SqlLink => {
  const known = async <Result>(task: () => Promise<Result>): Promise<Result> => {
    try {
      return await task();
    } catch (cause) {
      const error = toStatementError(endpoint, cause);
      if (error.code === 'CONNECTION_LOST') state.isOpen = false;
      throw error;
    }
  };
  const destroy = (): void => {
    state.isOpen = false;
    socket.destroy();
  };
  let isCancelled = false;
  return {
    login: loginOf(endpoint),
    place: placeOf(endpoint),
    get isOpen() {
      return state.isOpen;
    },
    describe: () => known(() => describe(connection)),
    execute: ({ statement: { segments, values }, isProcedure }, rows) =>
      known(async () => {
        if (exceedsCharset({ segments, values }, config.charset)) throw charsetRefused(endpoint, config.charset);
        const joined = joinPlaceholders({ segments, values }, () => '?');
        const text = isProcedure ? `CALL ${procedureCall(joined)}` : joined;
        isCancelled = false;
        const { statement, placeholders } = await prepare(connection, text);
        try {
          // KILL QUERY finds nothing while the server waits for what comes after the preparation.
          if (isCancelled) throw cancelledBefore(endpoint);
          if (placeholders !== values.length) throw placeholdersRefused(endpoint, placeholders, values.length);
          const { affected, leavesTransaction } = await run(connection, { statement, text, values }, rows);
          if (!leavesTransaction) return affected;
        } finally {
          if (state.isOpen) connection.unprepare(text);
        }
        // The server rolls back when the connection goes; no next action gets it.
        destroy();
        throw transactionLeftOpen(endpoint);
      }),
    cancel: () => {
      isCancelled = true;
      return cancelOn(endpoint, config, connection.threadId);
    },
    cancelled: (error) => isCancel(error) && 'in time',
    close: () => goodbye(connection),
    destroy,
  };
};

/** MySQL and MariaDB by the `mysql2` library. Every statement is prepared on the server; a cancel is KILL QUERY of a second login. */
export const openMysql: OpenSession = async (endpoint, signal) => {
  const config = METHOD_CONFIGS.mysql.parse(endpoint.config);
  return createSqlSession(linkOf(endpoint, config, await connect(endpoint, config, signal)));
};
