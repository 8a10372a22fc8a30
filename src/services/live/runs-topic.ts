import type { Sequelize } from 'sequelize';
import type { Execution } from '../../contracts/execution.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { EXECUTION_COLUMNS, withFault } from '../executions/read-executions.ts';
import { encodeMessages } from './frame.ts';
import type { Message } from './frame.ts';
import type { Topic } from './live-stream.ts';
import { createPace } from './pace.ts';
import { createRing } from './ring.ts';
import type { Ring } from './ring.ts';
import { seenUntil } from './run-topic.ts';
import type { TopicDeps } from './run-topic.ts';

const RING_BYTES = 1_048_576;
const RUNS_PER_READ = 500;
/** A stream resumed later than this begins as a new one does: with the runs that are open. */
const LONGEST_AWAY_MS = 3_600_000;
const RESYNC_EVERY_MS = 30_000;
const ENDED = new Set(['completed', 'failed', 'cancelled']);

type Row = Omit<Execution, 'fault'> & { row_id: number };

/** Runs as they are now, by serial. */
export const readRuns = async (db: Sequelize, serials: readonly string[]): Promise<Execution[]> => {
  const rows = await selectRows<Omit<Execution, 'fault'>>(
    db,
    `SELECT ${EXECUTION_COLUMNS} FROM job_executions e JOIN jobs j ON j.id = e.job_id WHERE e.execution_serial = ANY($1::text[]) ORDER BY e.id`,
    [serials],
  );
  return rows.map(withFault);
};

/** Runs that are open, or began or ended since a time (empty: only those that are open), in the order in which they were made. */
export const readRunsSince = async (
  db: Sequelize,
  { job, since, after }: { job: number | undefined; since: string; after: number },
): Promise<{ runs: Execution[]; last: number | undefined }> => {
  const arm = (condition: string): string =>
    `(SELECT id FROM job_executions WHERE ${condition} AND id > $1${job === undefined ? '' : ' AND job_id = $3'} ORDER BY id LIMIT ${RUNS_PER_READ})`;
  const arms = [arm(`status = 'scheduled'`), arm(`status = 'running'`)];
  if (since !== '') arms.push(arm('completed_at > $2::timestamptz'), arm('created_at > $2::timestamptz'));
  const bind = [after, since === '' ? null : since, ...(job === undefined ? [] : [job])];
  const rows = await selectRows<Row>(
    db,
    `SELECT e.id AS row_id, ${EXECUTION_COLUMNS} FROM (${arms.join(' UNION ')} ORDER BY id LIMIT ${RUNS_PER_READ}) AS wanted
     JOIN job_executions e ON e.id = wanted.id JOIN jobs j ON j.id = e.job_id WHERE $2::text IS NULL OR true ORDER BY e.id`,
    bind,
  );
  const last = rows.length < RUNS_PER_READ ? undefined : rows.at(-1)?.row_id;
  return { runs: rows.map(({ row_id: _, ...row }) => withFault(row)), last };
};

const nowOf = async (db: Sequelize): Promise<string> => {
  const row = await selectRow<{ now: string }>(db, 'SELECT now()::text AS now');
  return new Date(row?.now ?? Date.now()).toISOString();
};

const messageOf = (run: Execution, id = ''): Message => ({ type: 'execution', id, data: run });

/** The reader of all runs of a process, and the streams that it feeds: that of all runs, and one a job. */
export interface RunsReader {
  /** Streams of all runs, or of one job. */
  topic(job: { id: number; serial: string } | undefined): Topic;
  /** Nobody follows the runs of this job any more: what is kept for them goes. */
  drop(job: string): void;
  look(): void;
  close(): void;
}

/** Reads the rows of runs that have changed, once for all who follow runs in general. */
export const createRunsReader = ({ db, feed, budget, log, wake }: TopicDeps): RunsReader => {
  const changed = new Set<string>();
  const shown = new Map<string, string>();
  const rings = new Map<string, Ring>();
  let since: string | undefined;
  let syncedAt = -RESYNC_EVERY_MS;
  let mustSync = false;

  const publish = (runs: readonly Execution[], id: string): void => {
    const news = runs.filter((run) => {
      const text = JSON.stringify(run);
      const isNews = shown.get(run.execution_serial) !== text;
      if (ENDED.has(run.status)) shown.delete(run.execution_serial);
      else shown.set(run.execution_serial, text);
      return isNews;
    });
    for (const [job, ring] of rings) {
      const mine = job === '' ? news : news.filter((run) => run.job_serial === job);
      const messages = mine.map((run, index) => messageOf(run, index === mine.length - 1 ? id : ''));
      const chunks = encodeMessages(messages);
      for (const [index, bytes] of chunks.entries()) ring.push({ bytes, id: index === chunks.length - 1 ? id : '', isLast: false });
    }
    if (news.length > 0) wake();
  };

  /** What was not heard of, because the connection that listens was lost or whoever should have told it died. */
  const sync = async (now: string): Promise<void> => {
    const from = seenUntil(since ?? now);
    for (let after: number | undefined = 0; after !== undefined;) {
      const page: Awaited<ReturnType<typeof readRunsSince>> = await readRunsSince(db, { job: undefined, since: from, after });
      publish(page.runs, '');
      after = page.last;
    }
    syncedAt = performance.now();
  };

  const read = async (): Promise<void> => {
    const batch = [...changed].slice(0, RUNS_PER_READ);
    for (const serial of batch) changed.delete(serial);
    try {
      const now = await nowOf(db);
      if (mustSync || performance.now() - syncedAt > RESYNC_EVERY_MS) {
        mustSync = false;
        await sync(now);
      }
      if (batch.length > 0) publish(await readRuns(db, batch), changed.size === 0 ? now : '');
      since = now;
    } catch (error) {
      for (const serial of batch) changed.add(serial);
      mustSync = true;
      log.warn({ err: error }, 'changes of runs could not be read; they are read again in some seconds');
      return;
    }
    if (changed.size > 0) pace.hurry();
  };

  const pace = createPace(read);
  const unsubscribe = feed.subscribeAll({
    onRun(serial) {
      changed.add(serial);
      pace.hurry();
    },
    onGap() {
      mustSync = true;
      pace.hurry();
    },
  });
  pace.hurry();

  const ringOf = (job: string): Ring => {
    const ring = rings.get(job) ?? createRing(RING_BYTES, budget);
    rings.set(job, ring);
    return ring;
  };

  return {
    topic(job) {
      const ring = ringOf(job?.serial ?? '');
      return {
        ring,
        weight: RUNS_PER_READ,
        place: (from) => (from === '' ? undefined : ring.after(seenUntil(from))),
        catchUp: async (from) => {
          const joinAt = ring.end;
          const begun = await nowOf(db);
          const isLong = from === '' || Date.parse(begun) - Date.parse(from) > LONGEST_AWAY_MS;
          let after = 0;
          return {
            async read() {
              const { runs, last } = await readRunsSince(db, { job: job?.id, since: isLong ? '' : seenUntil(from), after });
              after = last ?? after;
              const messages = runs.map((run, index) => messageOf(run, last === undefined && index === runs.length - 1 ? begun : ''));
              return { messages, joinAt: last === undefined ? joinAt : undefined };
            },
          };
        },
      };
    },
    drop(job) {
      rings.get(job)?.clear();
      rings.delete(job);
    },
    look: pace.hurry,
    close() {
      unsubscribe();
      pace.close();
      for (const ring of rings.values()) ring.clear();
    },
  };
};
