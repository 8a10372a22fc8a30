import { MongoClient, MongoServerError, MongoServerSelectionError } from 'mongodb';
import type { MongoClientOptions, ServerHeartbeatFailedEvent } from 'mongodb';
import { METHODS } from '../../contracts/capabilities.ts';
import { METHOD_CONFIGS } from '../../contracts/methods/index.ts';
import type { Endpoint } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { abortable, withinConnectTime } from '../abortable.ts';
import { toConnectionError } from '../socket-errors.ts';
import { tlsOptions } from '../tls-options.ts';

export const MONGODB = METHODS.mongodb.label;
const AUTHENTICATION_FAILED = 18;
const CONNECTIONS = 16;

const optionsOf = ({ host, config: raw, connectTimeoutMs, secret }: Endpoint): MongoClientOptions => {
  const config = METHOD_CONFIGS.mongodb.parse(raw);
  return {
    ...(config.replica_set === undefined ? { directConnection: true } : { replicaSet: config.replica_set }),
    ...(config.ssl && { tls: true, ...tlsOptions({ ...config, host, verify: config.verify_certs }) }),
    ...(secret?.type === 'password' && {
      auth: { username: secret.username, password: secret.password },
      authSource: config.auth_source,
    }),
    appName: 'OpsConductor',
    connectTimeoutMS: connectTimeoutMs,
    serverSelectionTimeoutMS: connectTimeoutMs,
    maxPoolSize: config.connection_pool_size ?? CONNECTIONS,
    // A command is sent once: whether it is repeated is the action's to say.
    retryReads: false,
    retryWrites: false,
  };
};

const explain = (endpoint: Endpoint, error: unknown): OpsError => {
  const { host, port, secret } = endpoint;
  if (error instanceof MongoServerError && error.code === AUTHENTICATION_FAILED) {
    const who = secret?.type === 'password' ? `user ${secret.username}` : 'a login without a credential';
    const says = `the server refused ${who}. Check user and password of the credential, and the method's auth_source, the database that knows the user.`;
    return new OpsError('LOGIN_REJECTED', `${MONGODB} to ${host} port ${port}: ${says}`, { cause: error });
  }
  if (!(error instanceof MongoServerSelectionError)) return toConnectionError(MONGODB, endpoint, error);
  const [failed] = [...(error.reason?.servers.values() ?? [])].flatMap((server) => (server.error === null ? [] : [server.error]));
  const late = Object.assign(new Error('no server was found in time'), { code: 'ETIMEDOUT' });
  return toConnectionError(MONGODB, endpoint, failed ?? late);
};

/** Of a replica set another member may serve; one server alone that fails is the end of the attempt. */
const firstFailure = (client: MongoClient): Promise<never> =>
  new Promise((_, reject) => {
    client.once('serverHeartbeatFailed', ({ failure }: ServerHeartbeatFailedEvent) => reject(failure));
  });

/** Connects and logs in, within the endpoint's time. @throws OpsError as `OpenSession` says, or the signal's reason */
export const connectMongodb = async (endpoint: Endpoint, signal: AbortSignal): Promise<MongoClient> => {
  const { host, port } = endpoint;
  const options = optionsOf(endpoint);
  const client = new MongoClient(`mongodb://${host.includes(':') ? `[${host}]` : host}:${port}/`, options);
  try {
    return await withinConnectTime(MONGODB, endpoint, signal, (until) => {
      const failed = firstFailure(client);
      failed.catch(() => undefined);
      const connecting = client.connect();
      return abortable(
        until,
        () => void client.close(true),
        options.directConnection === true ? Promise.race([connecting, failed]) : connecting,
      );
    });
  } catch (error) {
    void client.close(true).catch(() => undefined);
    signal.throwIfAborted();
    throw explain(endpoint, error);
  }
};
