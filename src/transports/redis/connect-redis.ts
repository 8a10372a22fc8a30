import { ConnectionTimeoutError, createClient, ErrorReply, RESP_TYPES } from '@redis/client';
import { METHODS } from '../../contracts/capabilities.ts';
import { METHOD_CONFIGS } from '../../contracts/methods/index.ts';
import type { Endpoint } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { toConnectionError } from '../socket-errors.ts';
import { tlsOptions } from '../tls-options.ts';

export const REDIS = METHODS.redis.label;
/** The user of a server that knows only a password; older servers take no name at all. */
const ONLY_USER = 'default';

const socketOf = ({ host, port, config: raw, connectTimeoutMs }: Endpoint) => {
  const config = METHOD_CONFIGS.redis.parse(raw);
  const base = { host, port, connectTimeout: connectTimeoutMs, reconnectStrategy: false } as const;
  return config.ssl ? { ...base, tls: true as const, ...tlsOptions({ ...config, host, verify: config.verify_certs }) } : base;
};

const loginOf = ({ secret }: Endpoint): { username?: string; password?: string } => {
  if (secret?.type !== 'password') return {};
  return secret.username === ONLY_USER ? { password: secret.password } : { username: secret.username, password: secret.password };
};

const makeClient = (endpoint: Endpoint) =>
  createClient({
    ...loginOf(endpoint),
    socket: socketOf(endpoint),
    database: METHOD_CONFIGS.redis.parse(endpoint.config).database,
    RESP: 2,
    disableClientInfo: true,
    disableOfflineQueue: true,
    commandOptions: {
      typeMapping: { [RESP_TYPES.SIMPLE_STRING]: Buffer, [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.NUMBER]: String },
    },
  });

/** A logged-in connection. */
export type RedisClient = ReturnType<typeof makeClient>;

const loginRejected = ({ host, port, secret }: Endpoint, cause: ErrorReply): OpsError => {
  const who = secret?.type === 'password' ? `user ${secret.username}` : 'a login without a credential';
  const advice =
    secret === undefined ? 'Add a credential to the method.' : 'Check user and password of the credential (ACL LIST on the server).';
  return new OpsError('LOGIN_REJECTED', `${REDIS} to ${host} port ${port}: the server refused ${who}. ${advice}`, { cause });
};

const explain = (endpoint: Endpoint, error: unknown): OpsError => {
  if (error instanceof ErrorReply && /^(NOAUTH|WRONGPASS|NOPERM|ERR (invalid password|AUTH|Client sent AUTH))/i.test(error.message))
    return loginRejected(endpoint, error);
  if (error instanceof ConnectionTimeoutError) return toConnectionError(REDIS, endpoint, Object.assign(error, { code: 'ETIMEDOUT' }));
  return toConnectionError(REDIS, endpoint, error);
};

/** A server that wants a login says so to the first command only. What a user may not do is no matter here. */
const login = async (client: RedisClient): Promise<void> => {
  await client.connect();
  await client.sendCommand(['PING']).catch((error: unknown) => {
    if (!(error instanceof ErrorReply) || !error.message.startsWith('NOPERM')) throw error;
  });
};

/** Connects, logs in and selects the database, within the endpoint's limit. @throws OpsError as `OpenSession` says, or the signal's reason */
export const connectRedis = async (endpoint: Endpoint, signal: AbortSignal): Promise<RedisClient> => {
  signal.throwIfAborted();
  const client = makeClient(endpoint);
  // Told by the command that fails, too; without a listener it would end the process.
  client.on('error', () => undefined);
  const late = AbortSignal.timeout(endpoint.connectTimeoutMs);
  const ended = Promise.withResolvers<never>();
  const onAbort = (): void => ended.reject(signal.aborted ? signal.reason : new ConnectionTimeoutError());
  const either = AbortSignal.any([signal, late]);
  either.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([login(client), ended.promise]);
    return client;
  } catch (error) {
    if (client.isOpen) client.destroy();
    signal.throwIfAborted();
    throw explain(endpoint, error);
  } finally {
    either.removeEventListener('abort', onAbort);
  }
};
