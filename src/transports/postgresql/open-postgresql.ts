import { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import { METHOD_CONFIGS } from '../../contracts/methods/index.ts';
import type { MethodConfig } from '../../contracts/methods/index.ts';
import type { Endpoint } from '../../contracts/transport.ts';
import { createSqlSession } from '../sql/create-sql-session.ts';
import type { SqlLink } from '../sql/create-sql-session.ts';
import { logIn } from '../sql/log-in.ts';
import { loginOf, passwordOf } from '../sql/sql-endpoint.ts';
import { joinPlaceholders, procedureCall } from '../sql/statement-text.ts';
import type { OpenSession } from '../transport.ts';
import { createCursor } from './cursor.ts';
import { isTlsMissing, isTlsWanted, toConnectError, toStatementError } from './postgresql-errors.ts';

type Config = MethodConfig<'postgresql'>;
type Tls = ConnectionOptions | false;

/** As libpq reads the modes: `require` checks the chain only when an authority is given, `verify-full` chain and name. */
const tlsOf = ({ ssl_mode: mode, ca_certificate: ca }: Config): ConnectionOptions => {
  const trusted = ca === undefined ? {} : { ca };
  if (mode === 'verify-full') return { ...trusted, rejectUnauthorized: true };
  const isChecked = mode === 'verify-ca' || (mode === 'require' && ca !== undefined);
  return isChecked ? { ...trusted, rejectUnauthorized: true, checkServerIdentity: () => undefined } : { rejectUnauthorized: false };
};

/** What is tried, in this order; the second only when the server has refused the first for its encryption. */
const attemptsOf = (config: Config): Tls[] => {
  const tls = tlsOf(config);
  if (config.ssl_mode === 'disable') return [false];
  if (config.ssl_mode === 'allow') return [false, tls];
  return config.ssl_mode === 'prefer' ? [tls, false] : [tls];
};

interface Login {
  client: pg.Client;
  socket: Socket;
  state: { isOpen: boolean };
}

const connectOnce = (endpoint: Endpoint, { database }: Config, ssl: Tls, signal: AbortSignal): Promise<Login> =>
  logIn(endpoint, signal, () => {
    const { username, password } = passwordOf(endpoint);
    const socket = new Socket();
    const { host, port } = endpoint;
    const client = new pg.Client({
      host,
      port,
      user: username,
      password,
      database,
      ssl,
      stream: () => socket,
      keepAlive: true,
      application_name: 'opsconductor',
    });
    const state = { isOpen: true };
    client.on('error', () => (state.isOpen = false));
    client.on('end', () => (state.isOpen = false));
    const done = client.connect().then(
      () => ({ client, socket, state }),
      (cause: unknown) => {
        socket.destroy();
        throw cause;
      },
    );
    return { done, destroy: () => socket.destroy() };
  });

const connect = async (endpoint: Endpoint, config: Config, signal: AbortSignal): Promise<Login> => {
  const attempts = attemptsOf(config);
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
      return await cursor.ended;
    } catch (cause) {
      throw toStatementError(endpoint, cause);
    }
  },
  cancel: () => cancelOn(endpoint, config, Reflect.get(client, 'processID')),
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
