import type { Sequelize } from 'sequelize';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld } from '../../bench/queries/world.ts';
import type { World } from '../../bench/queries/world.ts';
import type { FoundLine, LogSearch } from '../../src/contracts/log-search.ts';
import { execute, selectRow, selectRows } from '../../src/db/query.ts';
import { downloadLog } from '../../src/services/logs/download-log.ts';
import { searchLogs } from '../../src/services/logs/search-logs.ts';
import { openTestDatabase } from '../db/support/open-database.ts';
import { addBranchRows, addExecutionRow, addJobRow, addTargetRows } from '../db/support/rows.ts';

const EMPTY = { size: { runs: 0, targets: 0, loudLines: 0 }, targets: [], jobs: [], schedules: [], runs: [] };
const LOUD = 60_000;

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Sequelize;
let world: World;
let runs: { id: number; serial: string }[];
let branches: string[];
let loud: string;

/** `said of target 3, run 2, line 5`, every tenth an error on stderr. */
const addLines = (branch: string, lines: number): Promise<void> =>
  execute(
    db,
    `INSERT INTO job_execution_logs (timestamp, job_execution_id, branch_id, line_number, stream, log_phase, log_level, log_category, log_message)
     SELECT clock_timestamp(), b.job_execution_id, b.id, line, CASE WHEN line % 10 = 0 THEN 'stderr' ELSE 'stdout' END, 'action_execution',
       CASE WHEN line % 10 = 0 THEN 'error' ELSE 'info' END, 'command_execution', 'said of ' || b.branch_serial || ', line ' || line
     FROM job_execution_branches b, generate_series(1, $2::int) line WHERE b.branch_serial = $1`,
    [branch, lines],
  );

const addRunLine = (run: { id: number }, message: string): Promise<void> =>
  execute(
    db,
    `INSERT INTO job_execution_logs (job_execution_id, log_phase, log_category, log_message) VALUES ($1, 'creation', 'system', $2)`,
    [run.id, message],
  );

beforeAll(async () => {
  database = await openTestDatabase();
  ({ db } = database);
  world = createWorld(db, EMPTY);
  const targets = await addTargetRows(db, 3);
  await execute(db, `UPDATE universal_targets SET name = 'db' WHERE id = $1`, [targets[2]]);
  const job = await addJobRow(db, { targets });
  runs = [];
  branches = [];
  for (let number = 1; number <= 3; number += 1) {
    const run = await addExecutionRow(db, job, { status: 'completed' });
    runs.push(run);
    await addRunLine(run, `begun by a person ${number}`);
    for (const branch of await addBranchRows(db, run, targets, ['completed', 'completed', 'completed'])) {
      branches.push(branch);
      await addLines(branch, 30);
    }
  }
  await execute(
    db,
    `INSERT INTO job_execution_logs (job_id, log_phase, log_category, log_message) VALUES ($1, 'creation', 'system', 'said of the job itself')`,
    [job],
  );
  const other = await addExecutionRow(db, await addJobRow(db, { serial: 'J20250002', targets }), { status: 'completed' });
  loud = other.serial;
  const [first = ''] = await addBranchRows(db, other, targets, ['completed']);
  await addLines(first, LOUD);
  await execute(
    db,
    `UPDATE job_execution_branches SET target_serial_ref = (SELECT target_serial FROM universal_targets t WHERE t.id = target_id)`,
  );
  await db.query('ANALYZE');
});
afterAll(() => database[Symbol.asyncDispose]());

const search = (filter: Partial<LogSearch>) => searchLogs(world.services, world.caller, { limit: 200, ...filter });

/** All pages, and how many there were. */
const readAll = async (filter: Partial<LogSearch>): Promise<{ lines: FoundLine[]; pages: number }> => {
  const lines: FoundLine[] = [];
  for (let cursor: string | undefined, pages = 1; ; pages += 1) {
    const page = await search({ ...filter, ...(cursor !== undefined && { cursor }) });
    lines.push(...page.data);
    if (page.next === null) return { lines, pages };
    cursor = page.next;
  }
};
const textsOf = async (filter: Partial<LogSearch>): Promise<string[]> => (await readAll(filter)).lines.map((line) => line.log_message);
const run = (number: number): string => runs[number - 1]?.serial ?? '';
const saidOf = (serial: string, line: number): string => `said of ${serial}, line ${line}`;

describe('where lines are looked for', () => {
  test('in a run, in the order in which they were stored, with the names of what they are of', async () => {
    const { lines } = await readAll({ execution: run(2), limit: 7 });
    expect(lines.map((line) => line.log_message)).toEqual([
      'begun by a person 2',
      ...[1, 2, 3].flatMap((branch) => Array.from({ length: 30 }, (_, index) => saidOf(`${run(2)}.000${branch}`, index + 1))),
    ]);
    expect(lines[1]).toMatchObject({
      job_serial: 'J20250001',
      execution_serial: run(2),
      branch_serial: `${run(2)}.0001`,
      target_serial: 'T20250001',
      line_number: 1,
    });
    expect(lines[0]).toMatchObject({ execution_serial: run(2), branch_serial: null, target_serial: null });
  });

  test('in a branch, or a target of a run, by serial or name', async () => {
    const expected = Array.from({ length: 30 }, (_, index) => saidOf(`${run(1)}.0003`, index + 1));
    expect(await textsOf({ branch: `${run(1)}.0003`, limit: 4 })).toEqual(expected);
    expect(await textsOf({ execution: run(1), target: 'T20250003' })).toEqual(expected);
    expect(await textsOf({ execution: run(1), target: 'target 3' })).toEqual(expected);
    expect(await textsOf({ execution: run(2), branch: `${run(1)}.0003` })).toEqual([]);
    expect(await textsOf({ branch: `${run(1)}.0003`, target: 'T20250002' })).toEqual([]);
  });

  test('in a job: its own lines, then those of its runs, the newest first', async () => {
    const texts = await textsOf({ job: 'J20250001', limit: 11 });
    expect(texts).toHaveLength(1 + 3 * 91);
    expect([texts[0], texts[1], texts[92], texts[183]]).toEqual([
      'said of the job itself',
      'begun by a person 3',
      'begun by a person 2',
      'begun by a person 1',
    ]);
    expect(await textsOf({ job: 'J20250001', target: 'T20250002', text: 'line 30' })).toEqual(
      [3, 2, 1].map((number) => saidOf(`${run(number)}.0002`, 30)),
    );
    expect(await textsOf({ job: 'J20250002', execution: run(1) })).toEqual([]);
  });

  test('in a target: those of its branches, the newest first', async () => {
    const texts = await textsOf({ target: 'T20250003', limit: 13 });
    expect(texts).toEqual(
      [3, 2, 1].flatMap((number) => Array.from({ length: 30 }, (_, index) => saidOf(`${run(number)}.0003`, index + 1))),
    );
  });

  test('in a time of at most seven days, by their times', async () => {
    const from = new Date(Date.now() - 3_600_000).toISOString();
    const all = await textsOf({ from, text: 'line 30', limit: 50 });
    expect(all.toSorted()).toEqual(
      branches
        .map((branch) => saidOf(branch, 30))
        .concat(saidOf(`${loud}.0001`, 30))
        .concat(
          Array.from({ length: 10 }, (_, n) => saidOf(`${loud}.0001`, 300 + n)),
          Array.from({ length: 100 }, (_, n) => saidOf(`${loud}.0001`, 3_000 + n)),
          Array.from({ length: 1_000 }, (_, n) => saidOf(`${loud}.0001`, 30_000 + n)),
        )
        .toSorted(),
    );
    expect(await textsOf({ from: '2020-01-01T00:00:00.000Z', to: '2020-01-07T00:00:00.000Z' })).toEqual([]);
    expect(await textsOf({ execution: run(1), to: '2020-01-07T00:00:00.000Z' })).toEqual([]);
  });

  test('nowhere in particular, or in a longer time, is refused', async () => {
    const wide = [
      {},
      { text: 'x' },
      { to: new Date().toISOString() },
      { from: '2020-01-01T00:00:00Z' },
      { from: '2025-01-01T00:00:00Z', to: '2025-01-08T02:00:00Z' },
    ];
    for (const filter of wide) await expect(search(filter)).rejects.toMatchObject({ code: 'SCOPE_TOO_WIDE' });
  });

  test('in what there is not, there is nothing', async () => {
    for (const filter of [
      { execution: 'J20259999.0001' },
      { branch: 'J20259999.0001.0001' },
      { job: 'J20259999' },
      { target: 'T20259999' },
    ])
      expect(await search(filter)).toEqual({ data: [], next: null });
  });
});

describe('what lines are looked for', () => {
  test('a text is itself, whatever it means elsewhere', async () => {
    await addRunLine(runs[0] ?? { id: 0 }, String.raw`100%_a\b (x) [y] $1 .* Straße`);
    for (const text of ['100%_', String.raw`a\b`, '(x)', '[y]', '$1', '.*', 'Straße'])
      expect([text, await textsOf({ execution: run(1), text })]).toEqual([text, [expect.stringContaining(text)]]);
    for (const text of ['1%b', '100_', '100%%', 'STRASSE', 'begun BY'])
      expect([text, await textsOf({ execution: run(1), text })]).toEqual([text, []]);
    expect(await textsOf({ execution: run(1), text: 'BEGUN by', ignore_case: true })).toEqual(['begun by a person 1']);
  });

  test('an expression is one of PostgreSQL', async () => {
    expect(await textsOf({ execution: run(1), regex: String.raw`0002, line (7|1[0-1])$` })).toEqual(
      [7, 10, 11].map((line) => saidOf(`${run(1)}.0002`, line)),
    );
    expect(await textsOf({ execution: run(1), regex: '^BEGUN', ignore_case: true })).toEqual(['begun by a person 1']);
    await expect(search({ execution: run(1), regex: '(' })).rejects.toMatchObject({ code: 'VALIDATION', fields: [{ path: 'regex' }] });
    await expect(search({ execution: run(1), regex: 'a', text: 'b' })).rejects.toMatchObject({ code: 'VALIDATION' });
  });

  test('an expression that takes for ever is ended, and its connection is as before', async () => {
    await addRunLine(runs[2] ?? { id: 0 }, `${'a'.repeat(401)}b`);
    const hard = { limit: 1, execution: run(3), regex: String.raw`^(a+)(a+)(a+)\1\2\3b$` };
    const searched = searchLogs(world.services, world.caller, hard, { statementMs: 200 });
    await expect(searched).rejects.toMatchObject({ code: 'SCOPE_TOO_WIDE', message: expect.stringContaining('0.2 s') });
    expect(await selectRow(db, `SELECT current_setting('statement_timeout') AS timeout`)).toEqual({ timeout: '0' });
  });

  test('level, phase, category, stream and time', async () => {
    const [errors, notes] = [[10, 20, 30].map((line) => saidOf(`${run(1)}.0001`, line)), ['begun by a person 2']];
    expect(await textsOf({ branch: `${run(1)}.0001`, level: 'error' })).toEqual(errors);
    expect(await textsOf({ execution: run(1), level: 'error', limit: 2 })).toHaveLength(9);
    expect(await textsOf({ branch: `${run(1)}.0001`, stream: 'stderr', limit: 1 })).toEqual(errors);
    expect(await textsOf({ execution: run(2), phase: 'creation' })).toEqual(notes);
    expect(await textsOf({ execution: run(2), category: 'system' })).toEqual(notes);
    await expect(search({ from: '2025-01-02T00:00:00Z', to: '2025-01-01T00:00:00Z' })).rejects.toMatchObject({ code: 'VALIDATION' });
  });

  test('only the fields that are asked for', async () => {
    expect((await search({ execution: run(2), limit: 1, fields: 'log_message,execution_serial' })).data).toEqual([
      { log_message: 'begun by a person 2', execution_serial: run(2) },
    ]);
  });
});

describe('a page', () => {
  test('without anything that fits ends after 50,000 lines, and the next one goes on', async () => {
    const first = await search({ execution: loud, text: 'no such text' });
    expect(first).toEqual({ data: [], next: expect.any(String) });
    expect(await search({ execution: loud, text: 'no such text', cursor: first.next ?? '' })).toEqual({ data: [], next: null });
    const { lines, pages } = await readAll({ execution: loud, text: `line ${LOUD}` });
    expect([lines.map((line) => line.line_number), pages]).toEqual([[LOUD], 2]);
  });

  test('of whatever size, all pages hold each line once', async () => {
    const all = await textsOf({ execution: loud, regex: '99' });
    for (const limit of [1_000, 333]) expect((await textsOf({ execution: loud, regex: '99', limit })).join()).toBe(all.join());
    expect(all).toHaveLength(Array.from({ length: LOUD }, (_, index) => index + 1).filter((line) => String(line).includes('99')).length);
  });

  test('goes on with its own filters only', async () => {
    const { next } = await search({ execution: loud, limit: 1 });
    const cursor = next ?? '';
    await expect(search({ execution: run(1), limit: 1, cursor })).rejects.toMatchObject({
      code: 'VALIDATION',
      fields: [{ path: 'cursor' }],
    });
    await expect(search({ execution: loud, limit: 1, cursor: 'x' })).rejects.toMatchObject({
      code: 'VALIDATION',
      fields: [{ path: 'cursor' }],
    });
    expect((await search({ execution: loud, limit: 2, cursor })).data.map((line) => line.line_number)).toEqual([2, 3]);
  });

  test('goes on from any place that a cursor could name, and refuses one that the database could not have given', async () => {
    const moved = async (filter: Partial<LogSearch>, place: readonly unknown[]) => {
      const { next } = await search({ ...filter, limit: 1 });
      const [hash] = JSON.parse(Buffer.from(next ?? '', 'base64url').toString()) as unknown[];
      return search({ ...filter, limit: 1, cursor: Buffer.from(JSON.stringify([hash, ...place])).toString('base64url') });
    };
    const [far, since] = [Number.MAX_SAFE_INTEGER, new Date(Date.now() - 3_600_000).toISOString()];
    for (const filter of [{ execution: loud }, { branch: `${loud}.0001` }, { target: 'T20250001' }, { job: 'J20250001' }])
      for (const place of [
        [far, far],
        [1, far],
      ])
        expect((await moved(filter, place)).data.length).toBeLessThanOrEqual(1);
    expect(await moved({ from: since }, ['9999-12-31T00:00:00.000000Z', far])).toEqual({ data: [], next: null });
    for (const time of ['2025-02-30T00:00:00.000000Z', '2025-01-01T25:00:00.000000Z', '2025-01-01 00:00:00+00', 'infinity'])
      await expect(moved({ from: since }, [time, 1])).rejects.toMatchObject({ code: 'VALIDATION', fields: [{ path: 'cursor' }] });
  });

  test('goes on where it was, though a newer run has begun meanwhile', async () => {
    const first = await search({ job: 'J20250002', limit: 5 });
    const job = await selectRow<{ id: number }>(db, `SELECT id FROM jobs WHERE job_serial = 'J20250002'`);
    const newer = await addExecutionRow(db, job?.id ?? 0, { status: 'completed' });
    await addRunLine(newer, 'came meanwhile');
    const second = await search({ job: 'J20250002', limit: 5, cursor: first.next ?? '' });
    expect([...first.data, ...second.data].map((line) => line.line_number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect((await search({ job: 'J20250002', limit: 1 })).data[0]?.log_message).toBe('came meanwhile');
  });

  test('of branches that are looked at together holds each line once and in order, though one of them has many', async () => {
    const target = { target: 'T20250002' };
    const { id = 0 } =
      (await selectRow<{ id: number }>(db, `SELECT id FROM universal_targets WHERE target_serial = $1`, [target.target])) ?? {};
    const job = await addJobRow(db, { serial: 'J20250009', targets: [id] });
    const expected = await textsOf(target);
    for (const count of [2, 0, 3, 700, 1, 0, 2, 1]) {
      const [branch = ''] = await addBranchRows(db, await addExecutionRow(db, job, { status: 'completed' }), [id], ['completed']);
      await addLines(branch, count);
      expected.unshift(...Array.from({ length: count }, (_, index) => saidOf(branch, index + 1)));
    }
    for (const limit of [1_000, 799, 798, 100, 4, 3]) expect(await textsOf({ ...target, limit })).toEqual(expected);
    expect(await textsOf({ ...target, regex: 'line (1|699)$' })).toEqual(expected.filter((text) => / (1|699)$/.test(text)));
    expect(await textsOf({ ...target, level: 'error', limit: 3 })).toEqual(expected.filter((text) => text.endsWith('0')));
  });
});

describe('a download', () => {
  /** A terminal that obeys it shows a line that looks like another's. */
  const FORGED = '42%\r2026-03-01 10:00:00.000 web1 | all is well\u0085\u001b[1A\u001b[2K\tend';
  const textOf = async (serial: string, format: 'text' | 'ndjson'): Promise<string> => {
    const { content } = await downloadLog(world.services, world.caller, serial, format);
    const parts = await Array.fromAsync(content);
    return Buffer.concat(parts).toString('utf8');
  };

  test('as NDJSON is all lines as pages have them', async () => {
    const lines = (await textOf(loud, 'ndjson'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { line_number: number });
    expect(lines).toHaveLength(LOUD);
    expect(lines.map((line) => line.line_number)).toEqual(Array.from({ length: LOUD }, (_, index) => index + 1));
    const { lines: found } = await readAll({ execution: loud, limit: 1_000, text: 'line 777' });
    const names = ['job_serial', 'execution_serial', 'target_serial'];
    const [first] = found.map((line) => Object.fromEntries(Object.entries(line).filter(([name]) => !names.includes(name))));
    expect(lines.find(({ line_number: number }) => number === 777)).toEqual(first);
  });

  test('as text has a line each, its time in the zone of the setting, even of a message with several', async () => {
    await addRunLine(runs[1] ?? { id: 0 }, 'one\ntwo');
    await addRunLine(runs[1] ?? { id: 0 }, FORGED);
    await execute(db, `UPDATE job_executions SET created_at = date_trunc('month', created_at) WHERE id = $1`, [runs[1]?.id]);
    await execute(
      db,
      `UPDATE job_execution_logs SET timestamp = date_trunc('month', timestamp) + interval '12 hours' WHERE job_execution_id = $1 AND branch_id IS NULL`,
      [runs[1]?.id],
    );
    const readSettings = async () => ({ ...(await world.services.readSettings()), timezone: 'Asia/Kathmandu' });
    const { content, name } = await downloadLog({ db, readSettings }, world.caller, run(2), 'text');
    const lines = Buffer.concat(await Array.fromAsync(content))
      .toString('utf8')
      .trimEnd()
      .split('\n');
    expect(name).toBe(`${run(2)}.log`);
    expect(lines).toHaveLength(94);
    const first = lines.find((line) => line.includes('begun by'));
    expect(first).toMatch(/^\d{4}-\d{2}-01 17:45:00\.000 \+05:45 # begun by a person 2$/);
    expect(
      lines
        .filter((line) => line.includes(`${run(2)}.0002, line 9`) || line.includes(`${run(2)}.0002, line 10`))
        .map((line) => line.slice(31)),
    ).toEqual([`target 2 | ${saidOf(`${run(2)}.0002`, 9)}`, `target 2 ! ${saidOf(`${run(2)}.0002`, 10)}`]);
    expect(lines.slice(-3)).toEqual([
      expect.stringMatching(/ # one$/),
      '    two',
      expect.stringMatching(/ # 42%␍2026-03-01 10:00:00\.000 web1 \| all is well\\u0085␛\[1A␛\[2K\tend$/),
    ]);
    expect(await textOf(run(2), 'ndjson')).toContain(`"log_message":${JSON.stringify(FORGED)}`);
  });

  test('of a run that there is not is refused', async () => {
    await expect(textOf('J20259999.0001', 'text')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await selectRows(db, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});
