import type { Sequelize } from 'sequelize';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld } from '../../bench/queries/world.ts';
import type { World } from '../../bench/queries/world.ts';
import type { SerialMatch, SerialQuery } from '../../src/contracts/serial.ts';
import { permissionsOf } from '../../src/domain/permissions.ts';
import { execute } from '../../src/db/query.ts';
import { countSerials } from '../../src/services/serials/count-serials.ts';
import { checkPattern, findSerials, getSerial } from '../../src/services/serials/find-serials.ts';
import { openTestDatabase } from '../db/support/open-database.ts';
import { addBranchRows, addExecutionRow, addJobRow, addResultRow, addTargetRows } from '../db/support/rows.ts';

const EMPTY = { size: { runs: 0, targets: 0, loudLines: 0 }, targets: [], jobs: [], schedules: [], runs: [] };
const JOBS = ['J20250001', 'J20250002', 'J20250012', 'J202510000', 'J20260001'];

let database: Awaited<ReturnType<typeof openTestDatabase>>;
let db: Sequelize;
let world: World;
/** Every serial of each level. */
const all = { job: JOBS, execution: [] as string[], branch: [] as string[], action: [] as string[], target: [] as string[] };

/** Each job has two runs on three targets, with two actions; the first action was tried twice. */
beforeAll(async () => {
  database = await openTestDatabase();
  ({ db } = database);
  world = createWorld(db, EMPTY);
  const targets = await addTargetRows(db, 3);
  all.target = ['T20250001', 'T20250002', 'T20250003'];
  for (const serial of JOBS) {
    const job = await addJobRow(db, { serial, targets });
    for (let number = 1; number <= 2; number += 1) {
      const run = await addExecutionRow(db, job, { status: 'completed' });
      all.execution.push(run.serial);
      for (const branch of await addBranchRows(db, run, targets, ['completed', 'failed', 'completed'])) {
        all.branch.push(branch);
        await addResultRow(db, branch, 1, { attempt: 1, status: 'failed', completed_at: new Date().toISOString() });
        await addResultRow(db, branch, 1, { attempt: 2, status: 'completed', completed_at: new Date().toISOString() });
        await addResultRow(db, branch, 2);
        all.action.push(`${branch}.0001`, `${branch}.0002`);
      }
    }
  }
});
afterAll(() => database[Symbol.asyncDispose]());

const find = async (pattern: string, limit = 50, filter: Pick<SerialQuery, 'status'> = {}): Promise<SerialMatch[]> => {
  const found: SerialMatch[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await findSerials(world.services, world.caller, { pattern, limit, ...filter, ...(cursor !== undefined && { cursor }) });
    found.push(...page.data);
    if (page.next === null) return found;
    cursor = page.next;
  }
};
const serialsOf = async (pattern: string, limit?: number): Promise<string[]> => (await find(pattern, limit)).map(({ serial }) => serial);

/** What a shell would say. */
const matching = (serials: readonly string[], pattern: string): string[] => {
  const expression = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll('*', '[^.]*')}$`);
  return serials.filter((serial) => expression.test(serial));
};

describe('serials that a pattern fits', () => {
  test.each([
    ['job', 'J20250001'],
    ['job', 'J2025*'],
    ['job', 'J20251*'],
    ['job', '*'],
    ['target', 'T2025*'],
    ['target', 'T20250002'],
    ['execution', 'J20250012.0002'],
    ['execution', 'J2025*.0001'],
    ['execution', '*.*'],
    ['branch', 'J2025*.0001.*'],
    ['branch', 'J20250001.0001.0002'],
    ['branch', 'J*.000*.0003'],
    ['branch', '*.0002.0*'],
    ['action', 'J2025*.0001.*.*'],
    ['action', 'J20260001.0002.0003.0002'],
    ['action', 'J2025*.*.0001.0002'],
  ] as const)('%s: %s', async (level, pattern) => {
    const expected = matching(all[level], pattern);
    expect(expected.length).toBeGreaterThan(0);
    for (const limit of [1, 2, 5, 500]) expect([limit, await serialsOf(pattern, limit)]).toEqual([limit, expected]);
  });

  test.each(['J2024*', 'J20250009.0001', 'J2025*.0003', 'J2025*.0001.0004', 'J20250001.0001.0001.0003', 'T2026*'])(
    'nothing: %s',
    async (pattern) => {
      expect(await find(pattern)).toEqual([]);
    },
  );

  test('each is told with its name, its state, its run and where it is; an action as its last attempt left it', async () => {
    const at = { execution_serial: 'J20250001.0001' };
    expect(await find('J20250001.0001')).toEqual([
      {
        level: 'execution',
        serial: 'J20250001.0001',
        name: 'J20250001',
        status: 'completed',
        path: '/api/v1/executions/J20250001.0001',
        ...at,
      },
    ]);
    expect(await find('J20250001.0001.0002')).toEqual([
      {
        level: 'branch',
        serial: 'J20250001.0001.0002',
        name: 'target 2',
        status: 'failed',
        path: '/api/v1/branches/J20250001.0001.0002',
        ...at,
      },
    ]);
    expect(await find('J20250001.0001.0001.*')).toMatchObject([
      {
        level: 'action',
        serial: 'J20250001.0001.0001.0001',
        name: 'action 1',
        status: 'completed',
        path: '/api/v1/actions/J20250001.0001.0001.0001',
        ...at,
      },
      { level: 'action', serial: 'J20250001.0001.0001.0002', name: 'action 2', status: 'running' },
    ]);
    expect(await find('T20250003')).toMatchObject([
      { level: 'target', name: 'target 3', path: '/api/v1/targets/T20250003', execution_serial: null },
    ]);
    expect(await find('J20260001')).toMatchObject([{ level: 'job', status: 'draft', path: '/api/v1/jobs/J20260001' }]);
  });

  test('only those in a state', async () => {
    for (const limit of [1, 2, 50]) {
      const inState = async (pattern: string, status: SerialQuery['status']) =>
        (await find(pattern, limit, { status })).map(({ serial }) => serial);
      expect(await inState('J2025*.0001.*', 'failed')).toEqual(matching(all.branch, 'J2025*.0001.0002'));
      expect(await inState('J20250001.*.*.*', 'running')).toEqual(matching(all.action, 'J20250001.*.*.0002'));
      expect(await inState('J20250001.*.*.*', 'failed')).toEqual([]);
      expect(await inState('J2025*.*', 'completed')).toEqual(matching(all.execution, 'J2025*.*'));
      expect(await inState('J2025*.*', 'cancelled')).toEqual([]);
      expect(await inState('J2025*', 'draft')).toEqual(matching(all.job, 'J2025*'));
      expect(await inState('T2025*', 'maintenance')).toEqual([]);
      expect(await inState('T2025*', 'active')).toEqual(all.target);
    }
  });

  test.each([
    ['J2025*.*', 'skipped', 'status must be scheduled, running, completed, failed, cancelled: J2025*.* looks for executions.'],
    ['T2025*', 'failed', 'status must be active, inactive, maintenance: T2025* looks for targets.'],
  ] as const)('%s has nothing that is %s', async (pattern, status, message) => {
    const asked = findSerials(world.services, world.caller, { pattern, status, limit: 1 });
    await expect(asked).rejects.toMatchObject({ code: 'VALIDATION', message, fields: [{ path: 'status' }] });
  });

  test('counted by state, with the jobs, runs, branches and targets that they are of', async () => {
    await execute(db, `UPDATE job_execution_branches SET target_name_ref = 'same name' WHERE branch_serial LIKE 'J20250012.%'`);
    const counted = (pattern: string, filter: Pick<SerialQuery, 'status'> = {}) =>
      countSerials(world.services, world.caller, { pattern, ...filter });
    expect(await counted('J2025*.0001.*')).toEqual({
      level: 'branch',
      pattern: 'J2025*.0001.*',
      total: 12,
      by_status: { completed: 8, failed: 4 },
      jobs: 4,
      executions: 4,
      branches: 12,
      targets: 3,
      is_capped: false,
    });
    expect(await counted('J20250001.*.0002.*', { status: 'running' })).toMatchObject({
      level: 'action',
      total: 2,
      by_status: { running: 2 },
      jobs: 1,
      executions: 2,
      branches: 2,
      targets: 1,
    });
    expect(await counted('*.*')).toMatchObject({
      total: 10,
      by_status: { completed: 10 },
      jobs: 5,
      executions: 10,
      branches: 0,
      targets: 0,
    });
    expect(await counted('J2025*')).toMatchObject({ total: 4, by_status: { draft: 4 }, jobs: 4, executions: 0, branches: 0, targets: 0 });
    expect(await counted('T2025*')).toMatchObject({ total: 3, by_status: { active: 3 }, jobs: 0, targets: 3 });
    expect(await counted('J2024*.*')).toMatchObject({ total: 0, by_status: {}, jobs: 0, is_capped: false });
    await expect(counted('J2025*', { status: 'skipped' })).rejects.toMatchObject({ code: 'VALIDATION' });
    const caller = { ...world.caller, permissions: new Set(['executions.read'] as const) };
    await expect(countSerials(world.services, caller, { pattern: 'J2025*' })).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  test('one serial, in whatever width it was written', async () => {
    for (const serial of ['J20250001.0001.0002', 'j2025001.1.2', 'J20250000001.00001.002'])
      expect(await getSerial(world.services, world.caller, serial)).toMatchObject({ serial: 'J20250001.0001.0002', level: 'branch' });
    await expect(getSerial(world.services, world.caller, 'J20259999.0001')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(getSerial(world.services, world.caller, 'J2025*')).rejects.toMatchObject({ code: 'VALIDATION' });
    await expect(getSerial(world.services, world.caller, 'J2025')).rejects.toMatchObject({
      code: 'VALIDATION',
      message: expect.stringContaining('Did you mean J2025*?'),
    });
  });

  test('a deleted job is not found, its runs are', async () => {
    await execute(db, `UPDATE jobs SET deleted_at = now() WHERE job_serial = 'J20260001'`);
    expect(await serialsOf('J2026*')).toEqual([]);
    expect(await serialsOf('J2026*.*')).toEqual(['J20260001.0001', 'J20260001.0002']);
  });

  test('jobs and targets take their own permissions', async () => {
    const caller = { ...world.caller, permissions: new Set(['executions.read'] as const) };
    const as = (pattern: string) => findSerials(world.services, caller, { pattern, limit: 10 });
    expect((await as('J20250001.*')).data).toHaveLength(2);
    await expect(as('J2025*')).rejects.toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('jobs.read') });
    await expect(as('T2025*')).rejects.toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('targets.read') });
    await expect(
      findSerials(world.services, { ...caller, permissions: permissionsOf('viewer', []) }, { pattern: 'T2025*', limit: 1 }),
    ).resolves.toMatchObject({ data: [{}] });
  });

  test('a cursor belongs to its pattern and state', async () => {
    const { next } = await findSerials(world.services, world.caller, { pattern: 'J2025*.*', limit: 1 });
    for (const other of [{ pattern: 'J2025*.*.*' }, { pattern: 'J2025*.*', status: 'failed' }] as const) {
      const again = findSerials(world.services, world.caller, { ...other, limit: 1, cursor: next ?? '' });
      await expect(again).rejects.toMatchObject({ code: 'VALIDATION', fields: [{ path: 'cursor' }] });
    }
  });

  test('a cursor may name places that there are not', async () => {
    for (const pattern of ['J2025*', 'J2025*.*', 'J2025*.*.*', 'J2025*.*.*.*']) {
      const { next } = await findSerials(world.services, world.caller, { pattern, limit: 1 });
      const [hash] = JSON.parse(Buffer.from(next ?? '', 'base64url').toString()) as unknown[];
      const far = Buffer.from(JSON.stringify([hash, ...Array.from({ length: 3 }, () => Number.MAX_SAFE_INTEGER)])).toString('base64url');
      expect(await findSerials(world.services, world.caller, { pattern, limit: 1, cursor: far })).toEqual({ data: [], next: null });
    }
  });

  test('a text is checked, and what may have been meant is said', () => {
    expect(checkPattern(world.caller, 'j2025*.1')).toEqual({
      is_valid: true,
      level: 'execution',
      pattern: 'J2025*.0001',
      problem: null,
      suggestions: [],
    });
    expect(checkPattern(world.caller, '20250001')).toMatchObject({
      is_valid: false,
      level: null,
      suggestions: expect.arrayContaining(['J20250001', 'T20250001']),
    });
  });
});

describe('among many', () => {
  const BRANCHES = 5_000;
  test('a page looks at 2,000 runs and branches; all pages find each thing once', { timeout: 60_000 }, async () => {
    const job = await addJobRow(db, { serial: 'J20270001' });
    await execute(
      db,
      `WITH runs AS (INSERT INTO job_executions (job_id, execution_serial, execution_number, definition_version, workflow_id)
         SELECT $1, 'J20270001.' || lpad(n::text, 4, '0'), n, 1, 'job/' || n FROM generate_series(1, ${BRANCHES}) n RETURNING id, execution_serial)
       INSERT INTO job_execution_branches (job_execution_id, target_id, branch_number, branch_serial, target_serial_ref, target_name_ref)
       SELECT r.id, (SELECT min(id) FROM universal_targets), 1, r.execution_serial || '.0001', 'T', 't' FROM runs r`,
      [job],
    );
    await addResultRow(db, `J20270001.${BRANCHES - 1}.0001`, 7);
    await db.query('ANALYZE');
    expect(await serialsOf('J2027*.*', 500)).toHaveLength(BRANCHES);
    expect(new Set(await serialsOf('J2027*.*.*', 300)).size).toBe(BRANCHES);
    const first = await findSerials(world.services, world.caller, { pattern: 'J20270001.*.*.0007', limit: 10 });
    expect(first).toEqual({ data: [], next: expect.any(String) });
    expect(await serialsOf('J20270001.*.*.0007')).toEqual([`J20270001.${BRANCHES - 1}.0001.0007`]);
    expect(await serialsOf('J20270001.*.0002')).toEqual([]);
    const counts = await countSerials(world.services, world.caller, { pattern: 'J2027*.*.*' });
    expect(counts).toMatchObject({ total: BRANCHES, executions: BRANCHES, jobs: 1, targets: 1, is_capped: false });
    const few = await countSerials(world.services, world.caller, { pattern: 'J2027*.*.*' }, { most: 2_000 });
    expect(few).toMatchObject({ total: 2_000, is_capped: true });
    await execute(
      db,
      `UPDATE job_executions SET status = 'cancelled', completed_at = now() WHERE execution_serial = 'J20270001.${BRANCHES - 1}'`,
    );
    expect(await find('J2027*.*', 10, { status: 'cancelled' })).toMatchObject([{ serial: `J20270001.${BRANCHES - 1}` }]);
    await execute(
      db,
      `UPDATE job_execution_branches SET status = 'failed', completed_at = now() WHERE branch_serial = 'J20270001.${BRANCHES - 1}.0001'`,
    );
    expect(await find('J2027*.*.*', 10, { status: 'failed' })).toMatchObject([{ serial: `J20270001.${BRANCHES - 1}.0001` }]);
  });
});
