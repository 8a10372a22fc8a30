import type { BoundText, Endpoint, QueryRequest } from '../../../src/contracts/transport.ts';
import type { OpenSession, OutputSink, Session } from '../../../src/transports/transport.ts';
import { collectOutput } from '../../support/collect-output.ts';

export const never = new AbortController().signal;

/** A statement: sql`SELECT ${1}` binds 1. */
export const sql = (segments: TemplateStringsArray, ...values: BoundText['values'][number][]): QueryRequest => ({
  statement: { segments: [...segments], values },
  isProcedure: false,
  maxRows: 10_000,
});

export const sqlEndpoint = (methodType: Endpoint['methodType'], port: number, fields: Partial<Endpoint> = {}): Endpoint => ({
  methodType,
  host: '127.0.0.1',
  port,
  config: {},
  hostKeyFingerprint: undefined,
  platform: 'posix',
  connectTimeoutMs: 10_000,
  keepAliveMs: 0,
  secret: { type: 'password', username: 'ops', password: 'SECRET' },
  ...fields,
});

export const runStatement = (session: Session, request: QueryRequest, output: OutputSink, signal = never) => {
  if (session.query === undefined) throw new Error('no query');
  return session.query(request, output, signal);
};

/** Result and rows of one statement over a connection of its own. */
export const querySql = async (open: OpenSession, endpoint: Endpoint, request: QueryRequest) => {
  await using session = await open(endpoint, never);
  const output = collectOutput();
  const result = await runStatement(session, request, output.sink);
  const rows: unknown[] = output.stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  return { ...result, rows, text: output.stdout };
};

export interface Failure {
  code: unknown;
  message: string;
}

/** Code and message of what a promise rejects with. */
export const failureOf = async (work: Promise<unknown>): Promise<Failure> => {
  const error: unknown = await work.then(
    () => new Error('it succeeded'),
    (cause: unknown) => cause,
  );
  return {
    code: error instanceof Error ? Reflect.get(error, 'code') : undefined,
    message: error instanceof Error ? error.message : String(error),
  };
};
