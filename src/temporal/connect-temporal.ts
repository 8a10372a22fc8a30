import { readFile } from 'node:fs/promises';
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import type { ConnectionOptions } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { NativeConnectionOptions } from '@temporalio/worker';
import { OpsError } from '../domain/ops-error.ts';
import type { TemporalServerConfig } from '../config.ts';
import { answerWhenClosed } from './answer-when-closed.ts';
import { clientTracing } from './tracing.ts';

// grpc-js ignores the SDK's own limit; histories of large runs are more than its 4 MB (temporal guide, 1.4).
const CHANNEL_ARGS = { 'grpc.max_receive_message_length': 134_217_728 };

/** Of every client: the SDK's retries, which then may outlive the connection. */
const clientOptions = () => ({
  channelArgs: CHANNEL_ARGS,
  interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions()), answerWhenClosed],
});

type Shared = Pick<NativeConnectionOptions, 'address' | 'tls' | 'apiKey'>;

const isLoopback = (address: string): boolean => /^(127\.|localhost:|\[::1\])/.test(address);

/** @throws OpsError VALIDATION naming the variable when its file cannot be read or is not in PEM form. */
const readPem = async (variable: string, path: string | undefined): Promise<Buffer | undefined> => {
  if (path === undefined) return undefined;
  const content = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new OpsError('VALIDATION', `The file of ${variable} cannot be read: ${path} (${cause.code ?? cause.message}).`, { cause });
  });
  if (!content.includes('-----BEGIN ')) throw new OpsError('VALIDATION', `The file of ${variable} is not in PEM form: ${path}.`);
  return content;
};

const sharedOptions = async ({ address, apiKey, tls }: TemporalServerConfig): Promise<Shared> => {
  const options: Shared = { address };
  if (apiKey !== undefined) options.apiKey = apiKey;
  if (tls === undefined) return options;
  const [ca, crt, key] = await Promise.all([
    readPem('TEMPORAL_TLS_CA', tls.caFile),
    readPem('TEMPORAL_TLS_CERT', tls.certFile),
    readPem('TEMPORAL_TLS_KEY', tls.keyFile),
  ]);
  options.tls = {
    ...(tls.serverName !== undefined && { serverNameOverride: tls.serverName }),
    ...(ca && { serverRootCACertificate: ca }),
    ...(crt && key && { clientCertPair: { crt, key } }),
  };
  return options;
};

const unreachable = (address: string, cause: unknown): OpsError =>
  new OpsError(
    'UNAVAILABLE',
    `Temporal at ${address} does not answer. Start it, or correct TEMPORAL_ADDRESS and the TEMPORAL_TLS_ and TEMPORAL_API_KEY settings.`,
    { cause },
  );

/** Connects a client. @throws OpsError UNAVAILABLE when the server does not answer. */
export const connectTemporalClient = async (server: TemporalServerConfig): Promise<Client> => {
  const options: ConnectionOptions = { ...(await sharedOptions(server)), ...clientOptions(), connectTimeout: '10s' };
  const connection = await Connection.connect(options).catch((cause: unknown) => {
    throw unreachable(server.address, cause);
  });
  return new Client({ connection, namespace: server.namespace, ...clientTracing() });
};

/** A client that connects when it is first used, so that an API starts, and accepts runs, while Temporal is away. */
export const lazyTemporalClient = async (server: TemporalServerConfig): Promise<Client> =>
  new Client({
    connection: Connection.lazy({ ...(await sharedOptions(server)), ...clientOptions() }),
    namespace: server.namespace,
    ...clientTracing(),
  });

/** Connects a worker. @throws OpsError UNAVAILABLE when the server does not answer. */
export const connectTemporalWorker = async (server: TemporalServerConfig): Promise<NativeConnection> => {
  const options = await sharedOptions(server);
  // Compression costs more than it saves on loopback (temporal guide, 7.3).
  const compression = isLoopback(server.address) ? { grpcCompression: { codec: 'none' as const } } : {};
  return NativeConnection.connect({ ...options, ...compression }).catch((cause: unknown) => {
    throw unreachable(server.address, cause);
  });
};
