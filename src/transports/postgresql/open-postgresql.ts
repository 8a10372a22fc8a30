import { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { METHOD_CONFIGS } from '../../contracts/methods/index.ts';
import type { MethodConfig } from '../../contracts/methods/index.ts';
import type { Endpoint } from '../../contracts/transport.ts';
import { abortable, withinConnectTime } from '../abortable.ts';
import { createSqlSession } from '../sql/create-sql-session.ts';
import type { SqlLink } from '../sql/create-sql-session.ts';
import { loginOf, passwordOf, placeOf } from '../sql/sql-endpoint.ts';
import { joinPlaceholders, procedureCall } from '../sql/statement-text.ts';
import { transactionLeftOpen } from '../sql/sql-errors.ts';
import { tlsOptions } from '../tls-options.ts';
import type { OpenSession } from '../transport.ts';
import { createCursor } from './cursor.ts';
import { isCancel, isTlsMissing, isTlsWanted, toConnectError, toStatementError } from './postgresql-errors.ts';

type Config = MethodConfig<'postgresql'>;
type Tls = ConnectionOptions | false;

const UNCHECKED: ConnectionOptions = { rejectUnauthorized: false };

/** As libpq reads the modes: `require` checks the chain only when an authority is given, `verify-full` chain and name. */
const tlsOf = (host: string, { ssl_mode: mode, ca_certificate }: Config): ConnectionOptions => {
  if (mode === 'verify-full') return tlsOptions({ host, ca_certificate, verify: true });
  const isChecked = mode === 'verify-ca' || (mode === 'require' && ca_certificate !== undefined);
  return isChecked ? { ...tlsOptions({ host, ca_certificate, verify: true }), checkServerIdentity: () => undefined } : UNCHECKED;
};

/** What is tried, in this order; the second only when the server has refused the first for its encryption. */
const attemptsOf = (host: string, config: Config): Tls[] => {
  const tls = tlsOf(host, config);
  if (config.ssl_mode === 'disable') return [false];
  if (config.ssl_mode === 'allow') return [false, tls];
  return config.ssl_mode === 'prefer' ? [tls, false] : [tls];
};

interface Login {
  client: pg.Client;
  socket: Socket;
  state: { isOpen: boolean };
}

const connectOnce = async (endpoint: Endpoint, { database }: Config, ssl: Tls, signal: AbortSignal): Promise<Login> => {
  const { username, password } = passwordOf(endpoint);
  const socket = new Socket();
  const { host, port } = endpoint;
  const login = { host, port, user: username, password, database, ssl };
  const client = new pg.Client({ ...login, stream: () => socket, keepAlive: true, application_name: 'opsconductor' });
  const state = { isOpen: true };
  client.on('error', () => (state.isOpen = false));
  client.on('end', () => (state.isOpen = false));
  try {
    await abortable(signal, () => socket.destroy(), client.connect());
    return { client, socket, state };
  } catch (cause) {
    socket.destroy();
    throw cause;
  }
};

const tryAll = async (endpoint: Endpoint, config: Config, signal: AbortSignal): Promise<Login> => {
  const attempts = attemptsOf(endpoint.host, config);
  for (const [index, tls] of attempts.entries()) {
    try {
      return await connectOnce(endpoint, config, tls, signal);
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      const isEncryptionRefused = tls === false ? isTlsWanted(cause) : isTlsMissing(cause);
      if (!isEncryptionRefused || index === attempts.length - 1) throw toConnectError(endpoint, config.database, cause);
    }
  }
  throw toConnectError(endpoint, config.database, undefined);
};

const connect = (endpoint: Endpoint, config: Config, signal: AbortSignal): Promise<Login> =>
  withinConnectTime('PostgreSQL', endpoint, signal, (limit) => tryAll(endpoint, config, limit));

/** Over a second login, since a server may take connections by TLS only, and the protocol's own cancel request is sent in the clear. */
const cancelOn = async (endpoint: Endpoint, config: Config, pid: unknown): Promise<void> => {
  const { client } = await connect(endpoint, config, AbortSignal.timeout(endpoint.connectTimeoutMs));
  try {
    await client.query('SELECT pg_cancel_backend($1)', [pid]);
  } finally {
    await client.end();
  }
};

const linkOf = (endpoint: Endpoint, config: Config, { client, socket, state }: Login): SqlLink => ({
  login: loginOf(endpoint),
  place: placeOf(endpoint),
  get isOpen() {
    return state.isOpen;
  },
  async describe() {
    try {
      const { rows } = await client.query<{ said: string }>(
        `SELECT format('%s; database %s, user %s.', version(), current_database(), current_user) AS said`,
      );
      return rows[0]?.said ?? '';
    } catch (cause) {
      throw toStatementError(endpoint, cause);
    }
  },
  async execute({ statement, isProcedure }, rows) {
    const text = joinPlaceholders(statement, (number) => `$${number}`);
    const cursor = createCursor(isProcedure ? `CALL ${procedureCall(text)}` : text, statement.values, rows);
    client.query(cursor);
    try {
      const affected = await cursor.ended;
      if (client.getTransactionStatus() === 'I') return affected;
      await client.query('ROLLBACK');
    } catch (cause) {
      const error = toStatementError(endpoint, cause);
      // The server says goodbye before the socket closes.
      if (error.code === 'CONNECTION_LOST') state.isOpen = false;
      throw error;
    }
    throw transactionLeftOpen(endpoint);
  },
  cancel: () => cancelOn(endpoint, config, Reflect.get(client, 'processID')),
  cancelled: (error) => isCancel(error) && 'in time',
  close: () => client.end(),
  destroy: () => {
    state.isOpen = false;
    socket.destroy();
  },
});

/** PostgreSQL by the `pg` library. Rows come through a portal by the hundred; a cancel is pg_cancel_backend of a second login. */
export const openPostgresql: OpenSession = async (endpoint, signal) => {
  const config = METHOD_CONFIGS.postgresql.parse(endpoint.config);
  return createSqlSession(linkOf(endpoint, config, await connect(endpoint, config, signal)));
};
