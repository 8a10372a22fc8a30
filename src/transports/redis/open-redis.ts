import { ErrorReply } from '@redis/client';
import type { Endpoint, QueryRequest, QueryResult } from '../../contracts/transport.ts';
import { Aborted, throwIfNotSent } from '../../domain/aborted.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { connectionLost } from '../socket-errors.ts';
import type { OpenSession, OutputSink, Session } from '../transport.ts';
import { connectRedis, REDIS } from './connect-redis.ts';
import type { RedisClient } from './connect-redis.ts';
import { replyText } from './reply-text.ts';
import { splitCommandLine } from './split-command-line.ts';

/** These change what a connection is: its answers would no longer be answers to commands, or its user another. */
const REFUSED = /^(subscribe|psubscribe|ssubscribe|monitor|hello|auth|reset|quit|sync|psync)$/i;

const refuse = (name: string, isProcedure: boolean): void => {
  if (REFUSED.test(name))
    throw new OpsError('VALIDATION', `${REDIS}: ${name.toUpperCase()} cannot be an action: it changes the connection, not the data.`);
  if (isProcedure) throw new OpsError('VALIDATION', `${REDIS} has no stored procedures. Call a function by FCALL, a script by EVAL.`);
};

/** Connections of a session: actions that run at once have one each, since a command may block its connection. */
const createClients = (endpoint: Endpoint, first: RedisClient) => {
  const idle: RedisClient[] = [first];
  const all = new Set<RedisClient>(idle);
  const drop = (client: RedisClient): void => {
    all.delete(client);
    if (client.isOpen) client.destroy();
  };
  return {
    async take(signal: AbortSignal): Promise<RedisClient> {
      const client = idle.pop() ?? (await connectRedis(endpoint, signal));
      all.add(client);
      return client;
    },
    give(client: RedisClient): void {
      if (client.isReady) idle.push(client);
      else drop(client);
    },
    drop,
    get isOpen() {
      return [...all].some((client) => client.isReady);
    },
    close: () => [...all].forEach(drop),
  };
};

type Clients = ReturnType<typeof createClients>;

/** The usual ones that change nothing; about any other the author knows more than we do. */
const READS: ReadonlySet<string> = new Set(
  (
    'dbsize echo exists get getrange hexists hget hgetall hkeys hlen hmget hscan hvals info keys lindex llen lrange mget ping pttl scan scard ' +
    'sismember smembers sscan strlen time ttl type xinfo xlen xrange zcard zcount zrange zrank zscan zscore'
  ).split(' '),
);

const meaningOf = (message: string): readonly [code: 'QUERY_REFUSED' | 'QUERY_INVALID' | 'QUERY_FAILED', advice: string] => {
  if (message.startsWith('NOPERM')) return ['QUERY_REFUSED', '. Give the user of the credential the right on the server (ACL SETUSER).'];
  if (/^ERR (?:unknown (?:sub)?command|wrong number of arguments|syntax error)/i.test(message))
    return ['QUERY_INVALID', '. Correct the command of the action in the job.'];
  return ['QUERY_FAILED', ''];
};

const refusedCommand = ({ host, port }: Endpoint, error: ErrorReply): OpsError => {
  const [code, advice] = meaningOf(error.message);
  const said = advice === '' ? error.message : error.message.replace(/[.\s]+$/, '');
  return new OpsError(code, `${REDIS} at ${host} port ${port} refused the command: ${said}${advice}`, { cause: error });
};

const abortedCommand = ([word]: readonly Buffer[], { reason }: AbortSignal): Aborted => {
  const name = String(word);
  if (READS.has(name.toLowerCase())) return new Aborted('ended', `${name} only reads; it was given up.`, reason);
  const message = `${name} was sent and not answered: the server may have done it, or do it still. Look at the data before it is sent again.`;
  return new Aborted('unknown', message, reason);
};

/** An abort closes the connection, which ends a command that waits; one that computes the server carries to its end. */
const send = async (clients: Clients, endpoint: Endpoint, command: readonly Buffer[], signal: AbortSignal): Promise<unknown> => {
  throwIfNotSent(signal);
  const client = await clients.take(signal).catch((error: unknown) => {
    throwIfNotSent(signal);
    throw error;
  });
  const onAbort = (): void => clients.drop(client);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    throwIfNotSent(signal);
    return await client.sendCommand<unknown>(command);
  } catch (error) {
    if (error instanceof Aborted) throw error;
    if (signal.aborted && !(error instanceof ErrorReply)) throw abortedCommand(command, signal);
    if (!(error instanceof ErrorReply))
      throw connectionLost(REDIS, endpoint, 'before the answer came; the server may have done the command', error);
    throw refusedCommand(endpoint, error);
  } finally {
    signal.removeEventListener('abort', onAbort);
    clients.give(client);
  }
};

const answer = async (reply: unknown, maxRows: number, output: OutputSink): Promise<QueryResult> => {
  const isTruncated = Array.isArray(reply) && reply.length > maxRows;
  await output('stdout', Buffer.from(`${replyText(isTruncated ? reply.slice(0, maxRows) : reply)}\n`));
  const rowCount = Array.isArray(reply) ? Math.min(reply.length, maxRows) : reply === null ? 0 : 1;
  return { rowCount, affectedRows: null, isTruncated };
};

const versionOf = (info: unknown): string =>
  (Buffer.isBuffer(info) ? /redis_version:(\S+)/.exec(info.toString())?.[1] : undefined) ?? 'of an unknown version';

/** Redis by `@redis/client`. A query is a command line; its reply is one line of JSON. */
export const openRedis: OpenSession = async (endpoint, signal): Promise<Session> => {
  const clients = createClients(endpoint, await connectRedis(endpoint, signal));
  const { host, port, secret } = endpoint;
  return {
    hostKeyFingerprint: undefined,
    login: `Connected to ${host}:${port} ${secret?.type === 'password' ? `as ${secret.username}` : 'without a credential'}`,
    get isOpen() {
      return clients.isOpen;
    },
    async query({ statement, isProcedure, maxRows }: QueryRequest, output, until) {
      const command = splitCommandLine(statement);
      refuse(String(command[0]), isProcedure);
      return answer(await send(clients, endpoint, command, until), maxRows, output);
    },
    async probe(until) {
      try {
        return `${REDIS} ${versionOf(await send(clients, endpoint, [Buffer.from('INFO'), Buffer.from('server')], until))}.`;
      } catch (error) {
        if (error instanceof OpsError && error.code === 'QUERY_REFUSED') return 'This user may not see the version of the server.';
        throw error;
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(clients.close()),
  };
};
