import type { Branch, Execution, LogLine } from '../../contracts/execution.ts';
import { faultOf } from '../../domain/failure.ts';
import type { FailureCategory } from '../../contracts/enums.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import type { Sequelize } from 'sequelize';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { BRANCH_COLUMNS } from './read-branches.ts';
import { executionId, readExecution } from './read-executions.ts';
import { LOG_COLUMNS } from './read-logs.ts';

/** Rows become visible some time after their `updated_at`; this much is read again and what was sent already is dropped. */
const OVERLAP_SECONDS = 10;
/** So much is read again by most reads: statements that write branches take milliseconds. What was slower comes with a later, longer look. */
const SHORT_OVERLAP_SECONDS = 1;
const LONG_LOOK_EVERY_MS = 5_000;
const LINES_PER_READ = 2_000;
const BRANCHES_PER_READ = 5_000;
const ENDED = new Set(['completed', 'failed', 'cancelled']);

/** `id` is where a follower goes on from; only the last event of a read that left nothing behind has one, others come again after a break. */
export type RunEvent =
  | { type: 'execution'; id: string; data: Execution }
  | { type: 'branch'; id: string; data: Branch }
  | { type: 'line'; id: string; data: LogLine }
  | { type: 'end'; id: string; data: { status: Execution['status'] } };

/** Reads what is new in a run since the last read. After a read that threw, make another one from the last id. */
export interface RunFollower {
  /** @returns new events; the last one of a run that has ended, with all its lines sent, is `end`. `more`: read again at once. */
  read(): Promise<{ events: RunEvent[]; more: boolean }>;
  /** Takes all that is there for told. @returns the id from which a follower would go on */
  skip(): Promise<string>;
}

interface FollowedBranch {
  id: number;
  updatedAt: string;
  lastLine: number;
  sentLine: number;
}

type BranchRow = Omit<Branch, 'fault'> & { id: number; failure_category: FailureCategory | null };
type LineRow = LogLine & { branch_id: number };

/** @param since time of the last event that the caller saw. @throws OpsError NOT_FOUND */
export const followExecution = async (
  { db }: ServiceDeps,
  caller: Caller,
  serial: string,
  since: Date | undefined,
): Promise<RunFollower> => {
  authorize(caller, 'executions.read');
  return createRunReader(db, serial, since);
};

/** As followExecution, for whom the caller has answered already. @throws OpsError NOT_FOUND */
export const createRunReader = async (db: Sequelize, serial: string, since: Date | undefined): Promise<RunFollower> => {
  const id = await executionId(db, serial);
  const from = since === undefined ? undefined : new Date(since.getTime() - OVERLAP_SECONDS * 1_000);
  const branches = new Map<number, FollowedBranch>();
  const beginning = from?.toISOString() ?? '-infinity';
  let readUntil = beginning;
  /** A look at every branch since the beginning, page by page: the first one, and the last one. */
  let wholeLook: { after: number; from: string; until: string | undefined } | undefined = { after: 0, from: beginning, until: undefined };
  let isLastLook = false;
  let resumeId = '';
  let sentExecution = '';
  let lastLongLook = 0;
  const sentRunLines = new Set<string>();

  const readPage = async (look: NonNullable<typeof wholeLook>): Promise<BranchRow[]> => {
    const rows = await selectRows<BranchRow>(
      db,
      `SELECT b.id, ${BRANCH_COLUMNS} FROM job_execution_branches b WHERE b.job_execution_id = $1 AND b.branch_number > $2
         AND b.updated_at > $3::timestamptz - make_interval(secs => $4) ORDER BY b.branch_number LIMIT ${BRANCHES_PER_READ}`,
      [id, look.after, look.from, OVERLAP_SECONDS],
    );
    wholeLook = rows.length < BRANCHES_PER_READ ? undefined : { ...look, after: rows.at(-1)?.branch_number ?? 0 };
    return rows;
  };

  const readBranches = async (): Promise<BranchRow[]> => {
    if (wholeLook !== undefined) return readPage(wholeLook);
    const isLongLook = performance.now() - lastLongLook > LONG_LOOK_EVERY_MS;
    if (isLongLook) lastLongLook = performance.now();
    return selectRows<BranchRow>(
      db,
      `SELECT b.id, ${BRANCH_COLUMNS} FROM job_execution_branches b WHERE b.job_execution_id = $1
         AND b.updated_at > $2::timestamptz - make_interval(secs => $3) ORDER BY b.updated_at, b.id`,
      [id, readUntil, isLongLook ? OVERLAP_SECONDS : SHORT_OVERLAP_SECONDS],
    );
  };

  const firstLineAfter = async (fresh: readonly BranchRow[]): Promise<Map<number, number>> => {
    if (from === undefined || fresh.length === 0) return new Map();
    const rows = await selectRows<{ branch_id: number; line: number }>(
      db,
      `SELECT wanted.branch_id, l.line FROM unnest($1::bigint[]) AS wanted(branch_id) CROSS JOIN LATERAL (
         SELECT line_number AS line FROM job_execution_logs WHERE branch_id = wanted.branch_id AND timestamp < $2 ORDER BY line_number DESC LIMIT 1) l`,
      [fresh.map((row) => row.id), from.toISOString()],
    );
    return new Map(rows.map((row) => [row.branch_id, row.line]));
  };

  const noteBranches = async (rows: readonly BranchRow[]): Promise<BranchRow[]> => {
    const seenBefore = await firstLineAfter(rows.filter((row) => !branches.has(row.id)));
    return rows.filter((row) => {
      const known = branches.get(row.id);
      const isNews = known === undefined || known.updatedAt !== row.updated_at;
      branches.set(row.id, {
        id: row.id,
        updatedAt: row.updated_at,
        lastLine: row.last_line_number,
        sentLine: known?.sentLine ?? seenBefore.get(row.id) ?? 0,
      });
      return isNews;
    });
  };

  /** Which lines are sent next: as many in all as one read takes. */
  const nextLines = (): { branch: FollowedBranch; upTo: number }[] => {
    let room = LINES_PER_READ;
    return [...branches.values()].flatMap((branch) => {
      const count = Math.min(room, Math.max(0, branch.lastLine - branch.sentLine));
      room -= count;
      return count === 0 ? [] : [{ branch, upTo: branch.sentLine + count }];
    });
  };

  const readLines = async (startedAt: string): Promise<LineRow[]> => {
    const wanted = nextLines();
    if (wanted.length === 0) return [];
    const rows = await selectRows<LineRow>(
      db,
      `SELECT l.branch_id, ${LOG_COLUMNS} FROM unnest($1::bigint[], $2::int[], $3::int[]) AS wanted(branch_id, after, up_to)
         JOIN LATERAL (SELECT * FROM job_execution_logs WHERE branch_id = wanted.branch_id AND line_number > wanted.after AND line_number <= wanted.up_to
           AND timestamp >= $4::timestamptz - interval '1 hour' ORDER BY line_number LIMIT ${LINES_PER_READ}) l ON true
         JOIN job_execution_branches b ON b.id = l.branch_id ORDER BY l.branch_id, l.line_number`,
      [wanted.map(({ branch }) => branch.id), wanted.map(({ branch }) => branch.sentLine), wanted.map(({ upTo }) => upTo), startedAt],
    );
    // A branch's row counts only lines that are stored: those that did not come are gone (retention), and are not waited for.
    for (const { branch, upTo } of wanted) branch.sentLine = upTo;
    return rows;
  };

  /** Lines of the run itself, such as who has steered it. Like branches they become visible some time after their time. */
  const readRunLines = async (): Promise<LogLine[]> => {
    const rows = await selectRows<LogLine & { row_id: string }>(
      db,
      `SELECT l.id::text AS row_id, ${LOG_COLUMNS} FROM job_execution_logs l LEFT JOIN job_execution_branches b ON false
       WHERE l.job_execution_id = $1 AND l.branch_id IS NULL AND l.timestamp > $2::timestamptz - make_interval(secs => $3) ORDER BY l.id`,
      [id, readUntil, OVERLAP_SECONDS],
    );
    return rows.flatMap(({ row_id: row, ...line }) => {
      if (sentRunLines.has(row)) return [];
      sentRunLines.add(row);
      return [line];
    });
  };

  const eventsOf = (execution: Execution, news: readonly BranchRow[], lines: readonly LogLine[]): RunEvent[] => {
    const shown = JSON.stringify(execution);
    const isNews = shown !== sentExecution;
    sentExecution = shown;
    const id = '';
    return [
      ...(isNews ? [{ type: 'execution' as const, id, data: execution }] : []),
      ...news.map(({ id: _, ...row }) => ({
        type: 'branch' as const,
        id,
        data: { ...row, fault: row.failure_category === null ? null : faultOf(row.failure_category, row.error_code) },
      })),
      ...lines.map((data) => ({ type: 'line' as const, id, data })),
    ];
  };

  /** @param wantsLines false: lines that are there are taken for told. */
  const readNews = async (wantsLines: boolean) => {
    const clock = await selectRow<{ now: string }>(db, 'SELECT now()::text AS now');
    const execution = await readExecution(db, serial);
    const now = clock?.now ?? readUntil;
    // The last look is at every branch again: a long transaction stamps its rows with the time of its beginning.
    if (ENDED.has(execution.status) && !isLastLook) {
      isLastLook = true;
      wholeLook = { after: 0, from: beginning, until: now };
    }
    if (wholeLook !== undefined) wholeLook.until ??= now;
    const seenUntil = wholeLook?.until ?? now;
    const news = await noteBranches(await readBranches());
    const runLines = await readRunLines();
    const lines = wantsLines ? await readLines(execution.created_at) : [];
    if (!wantsLines) for (const branch of branches.values()) branch.sentLine = branch.lastLine;
    if (wholeLook === undefined) readUntil = seenUntil;
    const more = wholeLook !== undefined || [...branches.values()].some((branch) => branch.lastLine > branch.sentLine);
    if (!more) resumeId = new Date(now).toISOString();
    return { execution, news, lines: [...runLines, ...lines.map(({ branch_id: _, ...line }) => line)], more };
  };

  return {
    async read() {
      const { execution, news, lines, more } = await readNews(true);
      const events = eventsOf(execution, news, lines);
      if (ENDED.has(execution.status) && !more) events.push({ type: 'end', id: '', data: { status: execution.status } });
      const last = events.at(-1);
      if (last !== undefined && !more) last.id = resumeId;
      return { events, more };
    },
    async skip() {
      for (let more = true; more;) {
        const { execution, more: isBehind } = await readNews(false);
        // What the run was is not told: the next read tells what it is.
        sentExecution = ENDED.has(execution.status) ? '' : JSON.stringify(execution);
        more = isBehind;
      }
      return resumeId;
    },
  };
};
