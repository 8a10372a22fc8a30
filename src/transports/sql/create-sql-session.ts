import type { QueryRequest, QueryResult } from '../../contracts/transport.ts';
import type { OutputSink, Session } from '../transport.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import { within } from '../ssh/within.ts';
import { createRowWriter } from './row-writer.ts';
import type { RowWriter } from './row-writer.ts';

/** A logged-in connection of one driver. */
export interface SqlLink {
  readonly login: string;
  readonly isOpen: boolean;
  /** Version, database and user, as the server tells them. */
  describe(): Promise<string>;
  /** Runs one statement to its end and takes its rows to the writer. @returns rows changed, where the server says. */
  execute(request: QueryRequest, rows: RowWriter): Promise<number | null>;
  /** Asks the server to end the statement that runs. */
  cancel(): Promise<void>;
  /** Says goodbye. */
  close(): Promise<void>;
  /** Drops the connection without a word. */
  destroy(): void;
}

export type SqlSession = Session & Required<Pick<Session, 'query'>>;

const CANCEL_MS = 5_000;
const GOODBYE_MS = 1_000;

/** Runs a task that the link can cancel. When the signal aborts, the server is asked to end the statement; a server that does not is left. */
const cancellable = async <Result>(link: SqlLink, signal: AbortSignal, stop: () => void, task: () => Promise<Result>): Promise<Result> => {
  signal.throwIfAborted();
  const running = task();
  const aborted = Promise.withResolvers<'aborted'>();
  const onAbort = (): void => aborted.resolve('aborted');
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const first = await Promise.race([running.then((result) => ({ result })), aborted.promise]);
    if (first !== 'aborted') return first.result;
    stop();
    const cancelling = link.cancel();
    const [hasEnded] = await Promise.all([within(CANCEL_MS, running), within(CANCEL_MS, cancelling)]);
    if (!hasEnded) link.destroy();
    throw signal.reason;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
};

const runQuery = async (link: SqlLink, request: QueryRequest, output: OutputSink, signal: AbortSignal): Promise<QueryResult> => {
  const rows = createRowWriter(output, request.maxRows);
  try {
    const affectedRows = await cancellable(link, signal, rows.stop, () => link.execute(request, rows));
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
  const queued = oneAtATime();
  return {
    hostKeyFingerprint: undefined,
    login: link.login,
    get isOpen() {
      return link.isOpen;
    },
    probe: (signal) =>
      queued(() =>
        cancellable(
          link,
          signal,
          () => undefined,
          () => link.describe(),
        ),
      ),
    query: (request, output, signal) => queued(() => runQuery(link, request, output, signal)),
    [Symbol.asyncDispose]: () => close(link),
  };
};
