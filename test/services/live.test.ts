import { randomBytes } from 'node:crypto';
import type { Sequelize } from 'sequelize';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSseParser } from '../../src/client/sse-parser.ts';
import type { SseMessage } from '../../src/client/sse-parser.ts';
import { RUN_CHANNEL } from '../../src/db/notify-run.ts';
import { execute, selectRow } from '../../src/db/query.ts';
import { createRunFeed } from '../../src/db/run-feed.ts';
import type { RunFeed } from '../../src/db/run-feed.ts';
import { createReadSettings } from '../../src/db/settings.ts';
import { permissionsOf } from '../../src/domain/permissions.ts';
import type { Caller } from '../../src/services/context.ts';
import { createLiveHub } from '../../src/services/live/live-hub.ts';
import type { LiveHub } from '../../src/services/live/live-hub.ts';
import { createSlots } from '../../src/services/live/slots.ts';
import type { LiveStream } from '../../src/services/live/live-stream.ts';
import { openTestDatabase } from '../db/support/open-database.ts';
import { addBranchRows, addExecutionRow, addJobRow, addTargetRows } from '../db/support/rows.ts';

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Sequelize;
let feed: RunFeed;
let hub: LiveHub;
let targets: number[];
let jobs = 0;
const log = pino({ level: 'silent' });
const newHub = (): LiveHub => createLiveHub({ db, readSettings: createReadSettings(db), feed, log });

beforeAll(async () => {
  database = await openTestDatabase(10);
  ({ db } = database);
  feed = createRunFeed(database.url);
  hub = newHub();
  targets = await addTargetRows(db, 3);
});
afterAll(async () => {
  hub.close();
  await feed.close();
  await database[Symbol.asyncDispose]();
});

/** Somebody with a session of his own. */
const newCaller = async (kind: 'session' | 'token' = 'session'): Promise<Caller & { id: number }> => {
  const hash = randomBytes(32);
  const row = await selectRow<{ id: number }>(
    db,
    kind === 'session'
      ? `INSERT INTO user_sessions (user_id, session_token_hash, expires_at) VALUES (1, $1, now() + interval '1 hour') RETURNING id`
      : `INSERT INTO api_tokens (user_id, token_hash, name, token_prefix, scopes) VALUES (1, $1, encode($1, 'hex'), 'ops_t_', '["executions.read"]') RETURNING id`,
    [hash],
  );
  const id = row?.id ?? 0;
  return {
    id,
    userId: 1,
    userUuid: '00000000-0000-4000-8000-000000000000',
    username: 'someone',
    role: 'admin',
    permissions: permissionsOf('admin', []),
    mustChangePassword: false,
    actor: kind === 'session' ? { type: 'user', userId: 1 } : { type: 'api_token', userId: 1, apiTokenId: id },
    sessionId: kind === 'session' ? id : undefined,
    sessionUuid: undefined,
    tokenUuid: undefined,
    expiresAt: undefined,
  };
};

const newRun = async (statuses: readonly string[] = ['running']) => {
  jobs += 1;
  const job = `J2025${String(jobs).padStart(4, '0')}`;
  const run = await addExecutionRow(db, await addJobRow(db, { serial: job, targets }), { status: 'running' });
  const branches = await addBranchRows(db, run, targets, statuses);
  return { ...run, job, branch: branches[0] ?? '' };
};
type Run = Awaited<ReturnType<typeof newRun>>;

const tell = (run: Run) => execute(db, 'SELECT pg_notify($1, $2)', [RUN_CHANNEL, run.serial]);
const addLines = async (run: Run, count: number, { text = 'line ', ageSeconds = 0 } = {}): Promise<void> => {
  await execute(
    db,
    `WITH branch AS (UPDATE job_execution_branches SET last_line_number = last_line_number + $2, updated_at = now() WHERE branch_serial = $1
       RETURNING id, job_execution_id, last_line_number)
     INSERT INTO job_execution_logs (timestamp, job_execution_id, branch_id, line_number, stream, log_phase, log_category, log_message)
     SELECT now() - make_interval(secs => $4), job_execution_id, id, last_line_number - $2 + n, 'stdout', 'action_execution', 'command_execution',
       $3 || (last_line_number - $2 + n) FROM branch, generate_series(1, $2::int) n`,
    [run.branch, count, text, ageSeconds],
  );
  await tell(run);
};
const endRun = async (run: Run): Promise<void> => {
  await execute(
    db,
    `UPDATE job_execution_branches SET status = 'completed', completed_at = now(), updated_at = now() WHERE job_execution_id = $1`,
    [run.id],
  );
  await execute(db, `UPDATE job_executions SET status = 'completed', completed_at = now(), updated_at = now() WHERE id = $1`, [run.id]);
  await tell(run);
};

async function* messagesOf(stream: LiveStream): AsyncGenerator<SseMessage, void, undefined> {
  const parser = createSseParser();
  try {
    for (let bytes = await stream.next(); bytes !== undefined; bytes = await stream.next()) yield* parser.push(bytes);
  } finally {
    stream.close();
  }
}
const lineOf = ({ event, data }: SseMessage): number[] => (event === 'line' ? [JSON.parse(data).line_number] : []);
const linesOf = async (messages: AsyncIterable<SseMessage>): Promise<number[]> => {
  const lines: number[] = [];
  for await (const message of messages) lines.push(...lineOf(message));
  return lines;
};
const until = async (
  messages: AsyncGenerator<SseMessage, void, undefined>,
  fits: (message: SseMessage) => boolean,
): Promise<SseMessage> => {
  for (let next = await messages.next(); !next.done; next = await messages.next()) if (fits(next.value)) return next.value;
  throw new Error('the stream has ended');
};
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
const isLine = (number: number) => (message: SseMessage) => lineOf(message)[0] === number;
const stateOf = (serial: string, status: string) => (message: SseMessage) =>
  message.event === 'execution' && JSON.parse(message.data).execution_serial === serial && JSON.parse(message.data).status === status;

test('two thousand followers of a run all get every line, for the statements of one', async () => {
  const caller = await newCaller();
  const run = await newRun();
  await addLines(run, 10);
  let sent = 0;
  const { options } = db as unknown as { options: { logging: unknown } };
  options.logging = () => void (sent += 1);
  const streams = await Promise.all(upTo(2_000).map(() => hub.followRun(caller, run.serial, '')));
  const all = Promise.all(streams.map((stream) => linesOf(messagesOf(stream))));
  const watched = messagesOf(await hub.followRun(caller, run.serial, ''));
  for (const round of upTo(20)) {
    await addLines(run, 10);
    await until(watched, isLine(10 + round * 10));
  }
  await endRun(run);
  for (const lines of await all) expect(lines).toEqual(upTo(210));
  options.logging = false;
  // Each of at most 30 reads sends five; the rest is of this test.
  expect(sent).toBeLessThan(300);
  expect(hub.counts().followers).toBe(1);
  await watched.return();
}, 120_000);

test('a large record that is broken off at any event is complete when it is resumed from the last id', async () => {
  const caller = await newCaller();
  const run = await newRun();
  await addLines(run, 5_000, { ageSeconds: 60 });
  await endRun(run);
  const seen = new Set<number>();
  let lastId = '';
  for (const cut of [1, 1_500, 3_000, 10_000]) {
    let count = 0;
    for await (const message of messagesOf(await hub.followRun(caller, run.serial, lastId))) {
      for (const line of lineOf(message)) seen.add(line);
      if (message.id !== '') lastId = message.id;
      count += 1;
      if (count >= cut) break;
    }
  }
  expect([...seen].toSorted((a, b) => a - b)).toEqual(upTo(5_000));
});

test('who takes nothing holds nothing back and nothing in memory, and gets all when he goes on', async () => {
  const caller = await newCaller();
  const run = await newRun();
  await addLines(run, 1);
  const slow = messagesOf(await hub.followRun(caller, run.serial, ''));
  await until(slow, isLine(1));
  const fast = messagesOf(await hub.followRun(caller, run.serial, ''));
  for (const round of upTo(12)) {
    await addLines(run, 500, { text: 'x'.repeat(2_000) });
    await until(fast, isLine(1 + round * 500));
  }
  expect(hub.counts().ringBytes).toBeLessThan(5_000_000);
  await endRun(run);
  expect(await linesOf(fast)).toEqual([]);
  const lines = new Set(await linesOf(slow));
  expect([...lines].toSorted((a, b) => a - b)).toEqual(upTo(6_001));
});

test('nothing is missing after the connection that listens was lost', async () => {
  const run = await newRun();
  const messages = messagesOf(await hub.followRun(await newCaller(), run.serial, ''));
  await until(messages, ({ event }) => event === 'branch');
  await execute(
    db,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'opsconductor-feed' AND datname = current_database()`,
  );
  await addLines(run, 5);
  await until(messages, isLine(5));
  await endRun(run);
  await until(messages, ({ event }) => event === 'end');
});

test('a stream ends when its session or token ends: at once when it is told, else within ten seconds', async () => {
  const [session, token, other] = [await newCaller(), await newCaller('token'), await newCaller()];
  const run = await newRun();
  const follow = async (caller: Caller) => messagesOf(await hub.followRun(caller, run.serial, ''));
  const [ofSession, ofToken, ofOther] = [await follow(session), await follow(token), await follow(other)];
  const all = messagesOf(await hub.followRuns(token, undefined, ''));
  await execute(db, `UPDATE api_tokens SET revoked_at = now() WHERE id = $1`, [token.id]);
  const startedAt = performance.now();
  for (const messages of [ofToken, all]) {
    const last = await until(messages, ({ event }) => event === 'closed');
    expect(JSON.parse(last.data)).toEqual({ reason: 'access_ended' });
    expect((await messages.next()).done).toBe(true);
  }
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  await execute(db, `UPDATE user_sessions SET revoked_at = now(), revoke_reason = 'admin' WHERE id = $1`, [session.id]);
  await execute(db, `SELECT pg_notify('opsconductor_access', 'session:x')`);
  expect((await until(ofSession, ({ event }) => event === 'closed')).event).toBe('closed');
  await addLines(run, 1);
  await until(ofOther, isLine(1));
  await ofOther.return();
}, 30_000);

test('streams of all runs and of one job tell each state, those of a job only its own', async () => {
  const caller = await newCaller();
  const [mine, others] = [await newRun(), await newRun()];
  const all = messagesOf(await hub.followRuns(caller, undefined, ''));
  const ofJob = messagesOf(await hub.followRuns(caller, mine.job, ''));
  await until(all, stateOf(others.serial, 'running'));
  const { id } = await until(ofJob, stateOf(mine.serial, 'running'));
  expect(id).not.toBe('');
  await endRun(others);
  await endRun(mine);
  await until(all, stateOf(mine.serial, 'completed'));
  const next = await ofJob.next();
  expect(stateOf(mine.serial, 'completed')(next.value as SseMessage)).toBe(true);
  const later = messagesOf(await hub.followRuns(caller, mine.job, id));
  await until(later, stateOf(mine.serial, 'completed'));
  const fresh = messagesOf(await newHub().followRuns(caller, undefined, id));
  await until(fresh, stateOf(others.serial, 'completed'));
  for (const stream of [all, ofJob, later, fresh]) await stream.return();
  await expect(hub.followRuns(caller, 'J20259999', '')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(hub.followRun(caller, 'J20259999.0001', '')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(hub.followRuns({ ...caller, permissions: new Set() }, undefined, '')).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

test('a hub that stops says so, and another one goes on without a loss', async () => {
  const caller = await newCaller();
  const run = await newRun();
  const first = newHub();
  const before = messagesOf(await first.followRun(caller, run.serial, ''));
  await addLines(run, 20);
  const { id } = await until(before, isLine(20));
  first.close();
  expect(JSON.parse((await until(before, ({ event }) => event === 'closed')).data)).toEqual({ reason: 'server_stops' });
  expect((await before.next()).done).toBe(true);
  expect(first.counts().followers).toBe(0);
  await addLines(run, 20);
  await endRun(run);
  const lines = await linesOf(messagesOf(await hub.followRun(caller, run.serial, id)));
  expect(lines.slice(-20)).toEqual(upTo(40).slice(20));
});

test('what is kept for the followers of the runs of one job goes with the last of them', async () => {
  const own = newHub();
  const caller = await newCaller();
  const run = await newRun();
  const all = messagesOf(await own.followRuns(caller, undefined, ''));
  const ofJob = messagesOf(await own.followRuns(caller, run.job, ''));
  await until(all, stateOf(run.serial, 'running'));
  await until(ofJob, stateOf(run.serial, 'running'));
  await endRun(run);
  await until(all, stateOf(run.serial, 'completed'));
  await until(ofJob, stateOf(run.serial, 'completed'));
  const ofBoth = own.counts().ringBytes;
  await ofJob.return();
  expect(own.counts().ringBytes).toBeLessThan(ofBoth);
  expect(own.counts().ringBytes).toBeGreaterThan(0);
  await all.return();
  own.close();
});

test('one user who catches up on much leaves room for others', async () => {
  const slots = createSlots(100, 50);
  const leave = await slots.take(40, 'one');
  const more = slots.take(40, 'one');
  const leaveOther = await slots.take(40, 'other');
  expect(slots.isWaitedFor()).toBe(false);
  const large = slots.take(100, 'third');
  expect(slots.isWaitedFor()).toBe(true);
  leave();
  (await more)();
  leaveOther();
  (await large)();
  (await slots.take(1_000, 'one'))();
});
