import { BSON, MongoServerError } from 'mongodb';
import type { ClientSession, Document, MongoClient } from 'mongodb';
import { z } from 'zod';
import { METHOD_CONFIGS } from '../../contracts/methods/index.ts';
import type { Endpoint, QueryRequest, QueryResult } from '../../contracts/transport.ts';
import { Aborted, throwIfNotSent } from '../../domain/aborted.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { connectionLost } from '../socket-errors.ts';
import type { OpenSession, OutputSink, Session } from '../transport.ts';
import { bindCommand } from './bind-command.ts';
import { connectMongodb, MONGODB } from './connect-mongodb.ts';
import { documentText } from './document-text.ts';

const UNAUTHORIZED = 13;
/** FailedToParse, TypeMismatch, IDLUnknownField, CommandNotFound, and pipelines that cannot be read. */
const INVALID: ReadonlySet<number> = new Set([9, 14, 40_415, 40_414, 59, 40_324, 40_323, 168]);
const ADVICE = {
  QUERY_REFUSED: ' Give the user of the credential the right on the server.',
  QUERY_INVALID: ' Correct the command of the action in the job.',
  QUERY_FAILED: '',
} as const;
const Batch = z.object({
  id: z.unknown(),
  ns: z.string(),
  firstBatch: z.array(z.any()).optional(),
  nextBatch: z.array(z.any()).optional(),
});
const WriteErrors = z.array(z.object({ errmsg: z.string() }));

const explain = (endpoint: Endpoint, error: unknown): OpsError => {
  if (error instanceof OpsError) return error;
  const where = `${MONGODB} at ${endpoint.host} port ${endpoint.port}`;
  if (!(error instanceof MongoServerError))
    return connectionLost(MONGODB, endpoint, 'before the answer came; the server may have done the command', error);
  if (error.code === UNAUTHORIZED && endpoint.secret === undefined)
    return new OpsError('LOGIN_REJECTED', `${where} wants a login: ${error.message}. Add a credential to the method.`, { cause: error });
  const code = error.code === UNAUTHORIZED ? 'QUERY_REFUSED' : INVALID.has(Number(error.code)) ? 'QUERY_INVALID' : 'QUERY_FAILED';
  return new OpsError(code, `${where} refused the command: ${error.message}${ADVICE[code]}`, { cause: error });
};

const READS: ReadonlySet<string> = new Set(
  (
    'buildInfo collStats count dataSize dbStats distinct explain find getMore getParameter hello hostInfo listCollections listDatabases ' +
    'listIndexes ping serverStatus usersInfo'
  ).split(' '),
);

const isRead = (name: string, command: Document): boolean =>
  READS.has(name) || (name === 'aggregate' && !/"\$(?:out|merge)"/.test(JSON.stringify(command['pipeline'])));

const abortedCommand = (command: Document, { reason }: AbortSignal): Aborted => {
  const [name = ''] = Object.keys(command);
  if (isRead(name, command)) return new Aborted('ended', `${name} only reads; it was given up.`, reason);
  const message = `${name} was sent and not answered: the server may have done it, or do it still. Look at the data before it is sent again.`;
  return new Aborted('unknown', message, reason);
};

/** Sends one command. An abort closes its connection; most servers then end what they do for it. */
const send = async (link: Link, database: string, command: Document, signal: AbortSignal, session?: ClientSession): Promise<Document> => {
  throwIfNotSent(signal);
  try {
    return await link.client.db(database).command(command, { signal, ...(session && { session }) });
  } catch (error) {
    if (signal.aborted && !(error instanceof MongoServerError)) throw abortedCommand(command, signal);
    const explained = explain(link.endpoint, error);
    if (explained.code === 'CONNECTION_LOST') link.isOpen = false;
    throw explained;
  }
};

interface Link {
  client: MongoClient;
  endpoint: Endpoint;
  isOpen: boolean;
}

const splitName = (ns: string): [database: string, collection: string] => {
  const dot = ns.indexOf('.');
  return [ns.slice(0, dot), ns.slice(dot + 1)];
};

/** Gives the documents of a cursor, one a line, up to the wanted number. */
const giveRows = async (link: Link, first: unknown, maxRows: number, output: OutputSink, signal: AbortSignal, session: ClientSession) => {
  let batch = Batch.parse(first);
  let rowCount = 0;
  for (;;) {
    const documents: Document[] = batch.firstBatch ?? batch.nextBatch ?? [];
    const wanted = documents.slice(0, maxRows - rowCount);
    if (wanted.length > 0) await output('stdout', Buffer.from(wanted.map(documentText).join('')));
    rowCount += wanted.length;
    const id = BSON.Long.fromString(String(batch.id));
    if (wanted.length < documents.length || (rowCount === maxRows && !id.isZero())) {
      const [database, collection] = splitName(batch.ns);
      if (!id.isZero()) await send(link, database, { killCursors: collection, cursors: [id] }, signal, session);
      return { rowCount, affectedRows: null, isTruncated: true };
    }
    if (id.isZero()) return { rowCount, affectedRows: null, isTruncated: false };
    const [database, collection] = splitName(batch.ns);
    batch = Batch.parse((await send(link, database, { getMore: id, collection }, signal, session))['cursor']);
  }
};

const refuseWriteErrors = ({ host, port }: Endpoint, answer: Document): void => {
  const errors = WriteErrors.safeParse(answer['writeErrors']);
  const [first] = errors.data ?? [];
  if (first === undefined) return;
  const done = `${String(answer['n'] ?? 0)} written, ${errors.data?.length} refused`;
  throw new OpsError('QUERY_FAILED', `${MONGODB} at ${host} port ${port} refused a part (${done}): ${first.errmsg}`);
};

const query = async (
  link: Link,
  database: string,
  { statement, isProcedure, maxRows }: QueryRequest,
  output: OutputSink,
  signal: AbortSignal,
) => {
  if (isProcedure) throw new OpsError('VALIDATION', `${MONGODB} has no stored procedures. Use a command, such as aggregate.`);
  const command = bindCommand(statement);
  const session = link.client.startSession();
  try {
    const answer = await send(link, database, command, signal, session);
    if (answer['cursor'] !== undefined) return await giveRows(link, answer['cursor'], maxRows, output, signal, session);
    const { $clusterTime: _, operationTime: __, ...told } = answer;
    await output('stdout', Buffer.from(documentText(told)));
    refuseWriteErrors(link.endpoint, answer);
    const changed: unknown = answer['nModified'] ?? answer['n'];
    return { rowCount: null, affectedRows: typeof changed === 'number' ? changed : null, isTruncated: false } satisfies QueryResult;
  } finally {
    await session.endSession().catch(() => undefined);
  }
};

/** MongoDB by its own driver. A query is a command in JSON (Extended JSON); documents come one a line. */
export const openMongodb: OpenSession = async (endpoint, signal): Promise<Session> => {
  const { database } = METHOD_CONFIGS.mongodb.parse(endpoint.config);
  const client = await connectMongodb(endpoint, signal);
  const link: Link = { client, endpoint, isOpen: true };
  const close = (): void => void (link.isOpen = false);
  client.once('topologyClosed', close).on('serverHeartbeatFailed', close);
  const { host, port, secret } = endpoint;
  return {
    hostKeyFingerprint: undefined,
    login: `Connected to ${host}:${port} ${secret?.type === 'password' ? `as ${secret.username}` : 'without a credential'}`,
    get isOpen() {
      return link.isOpen;
    },
    query: (request, output, until) => query(link, database, request, output, until),
    async probe(until) {
      const { version } = await send(link, database, { buildInfo: 1 }, until);
      await send(link, database, { listCollections: 1, nameOnly: true, authorizedCollections: true }, until);
      return `${MONGODB} ${String(version)}, database ${database}.`;
    },
    [Symbol.asyncDispose]: () => client.close(true),
  };
};
