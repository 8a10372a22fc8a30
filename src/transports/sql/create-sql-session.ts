import type { QueryRequest, QueryResult } from '../../contracts/transport.ts';
import { Aborted } from '../../domain/aborted.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { onlyReads } from '../../domain/statement-kind.ts';
import type { OutputSink, Session } from '../transport.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import { within } from '../ssh/within.ts';
import { createRowWriter } from './row-writer.ts';
import type { RowWriter } from './row-writer.ts';

/** A logged-in connection of one driver. */
export interface SqlLink {
  readonly login: string;
  /** Server and port, as people call them. */
  readonly place: string;
  readonly isOpen: boolean;
  /** Version, database and user, as the server tells them. */
  describe(): Promise<string>;
  /** Runs one statement to its end and takes its rows to the writer. @returns rows changed, where the server says. */
  execute(request: QueryRequest, rows: RowWriter): Promise<number | null>;
  /** Asks the server to end the statement that runs. */
  cancel(): Promise<void>;
  /** Is this error of a statement the server's word that it has ended it as it was asked to? `late`: a part of it was done by then. */
  cancelled(error: OpsError): 'in time' | 'late' | false;
  /** Says goodbye. */
  close(): Promise<void>;
  /** Drops the connection without a word. */
  destroy(): void;
}

export type SqlSession = Session & Required<Pick<Session, 'query'>>;

const CANCEL_MS = 5_000;
const GOODBYE_MS = 1_000;

const UNKNOWN =
  'The server was asked to end the statement and did not say that it has: it may have taken effect. Look at the data before it is run again.';

const LATE =
  'The server ended the statement when it, or a part of it, was done already: it may have taken effect. Look at the data before it is run again.';

/** What the end of an aborted statement tells of it. @param error undefined: it did not end in time. @throws the error, when it failed by itself */
const abortedBy = (link: SqlLink, error: unknown, { reason }: AbortSignal): Aborted => {
  const cancelled = error instanceof OpsError && link.cancelled(error);
  if (cancelled === 'in time') return new Aborted('ended', 'The server has ended the statement.', reason);
  if (cancelled === 'late') return new Aborted('unknown', LATE, reason);
  if (!(error instanceof OpsError) || error.code === 'CONNECTION_LOST') return new Aborted('unknown', UNKNOWN, reason);
  throw error;
};

interface Task<Result> {
  /** It changes nothing: whatever became of it, it may be done again. */
  isRead: boolean;
  run: () => Promise<Result>;
  /** Its rows are wanted no longer. */
  stop: () => void;
}

/**
 * Runs a task that the link can cancel. When the signal aborts, the server is asked to end the statement; one that has completed all the same is
 * completed, a server that does not answer is left.
 * @throws Aborted; the error of the statement
 */
const cancellable = async <Result>(link: SqlLink, signal: AbortSignal, { isRead, run, stop }: Task<Result>): Promise<Result> => {
  const running = run();
  const aborted = Promise.withResolvers<'aborted'>();
  const onAbort = (): void => aborted.resolve('aborted');
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const first = await Promise.race([running.then((result) => ({ result })), aborted.promise]);
    if (first !== 'aborted') return first.result;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
  if (isRead) stop();
  const [hasEnded, isCancelDone] = await Promise.all([within(CANCEL_MS, running), within(CANCEL_MS, link.cancel())]);
  // A cancel that comes late would end the next statement.
  if (!hasEnded || !isCancelDone) link.destroy();
  if (isRead) throw new Aborted('ended', 'The statement only reads; it was given up.', signal.reason);
  if (hasEnded) return running.catch((error: unknown) => Promise.reject(abortedBy(link, error, signal)));
  stop();
  throw abortedBy(link, undefined, signal);
};

const runQuery = async (link: SqlLink, request: QueryRequest, output: OutputSink, signal: AbortSignal): Promise<QueryResult> => {
  const rows = createRowWriter(output, request.maxRows);
  const isRead = !request.isProcedure && onlyReads(request.statement.segments.join(' '));
  try {
    const affectedRows = await cancellable(link, signal, { isRead, run: () => link.execute(request, rows), stop: rows.stop });
    return { ...(await rows.end()), affectedRows };
  } catch (error) {
    if (rows.failure === undefined || signal.aborted) throw error;
    // The output took no more, the statement may have many more rows.
    link.destroy();
    throw rows.failure;
  }
};

const close = async (link: SqlLink): Promise<void> => {
  if (!link.isOpen) return;
  if (!(await within(GOODBYE_MS, link.close()))) link.destroy();
};

/** The session over a link: one statement at a time, rows to the output, cancel on abort. */
export const createSqlSession = (link: SqlLink): SqlSession => {
  const queued = oneAtATime(link.place);
  return {
    hostKeyFingerprint: undefined,
    login: link.login,
    get isOpen() {
      return link.isOpen;
    },
    probe: (signal) => queued(signal, () => cancellable(link, signal, { isRead: true, run: () => link.describe(), stop: () => undefined })),
    query: (request, output, signal) => queued(signal, () => runQuery(link, request, output, signal)),
    [Symbol.asyncDispose]: () => close(link),
  };
};
