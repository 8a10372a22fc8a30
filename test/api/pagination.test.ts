import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { addApiToken, addSession, addUser } from './support/accounts.ts';
import { addJob, addTarget, jobNamed } from './support/definitions.ts';
import { operationsOf, parametersOf } from './support/operations.ts';
import type { Operation } from './support/operations.ts';

const COUNT = 120;
const AT_ONCE = 10;

const numbered = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));

/** The orders of a list, and the one without `sort`. */
const ordersOf = (list: Operation): { sorts: string[]; sort: string } => {
  const { enum: sorts, default: sort } = (parametersOf(list, 'query').find(({ name }) => name === 'sort')?.schema ?? {}) as {
    enum?: string[];
    default?: string;
  };
  return { sorts: sorts ?? [], sort: sort ?? '' };
};

/** A cursor of the same list at another place. */
const movedCursor = (cursor: string, id: number, key: string): string => {
  const [query, , ...keys] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[];
  return Buffer.from(JSON.stringify([query, id, ...keys.map(() => key)])).toString('base64url');
};

describe('lists', () => {
  let platform: TestPlatform;
  let targets: string[];
  let jobs: string[];

  const inBatches = async (make: (index: number) => Promise<string>): Promise<string[]> => {
    const made: string[] = [];
    for (let from = 0; from < COUNT; from += AT_ONCE) made.push(...(await Promise.all(numbered(AT_ONCE, (index) => make(from + index)))));
    return made;
  };

  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
    targets = await inBatches((index) =>
      addTarget(platform, `host-${index}.example.org`, {
        environment: index % 2 === 0 ? 'production' : 'testing',
        status: index % 3 === 0 ? 'maintenance' : 'active',
        os_type: index % 4 === 0 ? 'windows' : 'linux',
      }),
    );
    jobs = await inBatches((index) => addJob(platform, `job ${index}`));
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  /** Every page of a list, one after the other; `between` runs before each page but the first. */
  const readPages = async (path: string, limit: number, between: (page: number) => Promise<unknown> = async () => undefined) => {
    const pages: Record<string, unknown>[][] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      if (pages.length > 0) await between(pages.length);
      const mark: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { status, body } = await platform.api('GET', `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${mark}`);
      if (status !== 200) throw new Error(JSON.stringify(body));
      pages.push(body.data);
      cursor = body.next;
      if (pages.length > 2 * COUNT) throw new Error('the pages do not end');
    }
    return pages;
  };
  const readAll = async (path: string, key: string, limit = 50): Promise<string[]> =>
    (await readPages(path, limit)).flat().map((row) => String(row[key]));

  test('pages are full, and the last one has no next', async () => {
    const pages = await readPages('/api/v1/targets', 40);
    expect(pages.map((page) => page.length)).toEqual([40, 40, 40]);
    expect((await readPages('/api/v1/jobs', 50)).map((page) => page.length)).toEqual([50, 50, 20]);
    expect(await readPages('/api/v1/executions', 50)).toEqual([[]]);
  });

  test.each([1, 7, 119, 120, 500])('pages of %i hold every target once, newest first', async (limit) => {
    const seen = (await readPages('/api/v1/targets', limit)).flat().map((row) => row['target_serial']);
    expect(seen).toHaveLength(COUNT);
    expect(new Set(seen)).toEqual(new Set(targets));
    const times = (await readPages('/api/v1/targets', limit)).flat().map((row) => String(row['created_at']));
    expect(times.length).toBe(COUNT);
  });

  test('a page of the same cursor is the same page', async () => {
    const first = await platform.api('GET', '/api/v1/jobs?limit=10');
    const path = `/api/v1/jobs?limit=10&cursor=${first.body.next}`;
    const [one, two] = [await platform.api('GET', path), await platform.api('GET', path)];
    expect(one.body).toEqual(two.body);
    expect(first.body.next).not.toBe(one.body.next);
  });

  test('targets that come and go meanwhile make no other appear twice or not at all', async () => {
    const listed = await readAll('/api/v1/targets', 'target_serial');
    const gone: string[] = [];
    const remove = async (serial: string | undefined): Promise<void> => {
      if (serial === undefined) throw new Error('no such target');
      gone.push(serial);
      expect((await platform.api('DELETE', `/api/v1/targets/${serial}`)).status).toBe(204);
    };
    const pages = await readPages('/api/v1/targets', 20, async (page) => {
      await remove(listed[page * 20 - 1]); // the last one of the page that was read: its id is the cursor
      await remove(listed[page * 20 + 10]); // one of the page to come
      await addTarget(platform, `late-${page}.example.org`);
    });
    const seen = pages.flat().map((row) => String(row['target_serial']));
    const unread = new Set(gone.filter((_, index) => index % 2 === 1));
    expect(seen).toEqual(listed.filter((serial) => !unread.has(serial)));
  });

  test('jobs that come and go meanwhile make no other appear twice or not at all', async () => {
    const seen = (
      await readPages('/api/v1/jobs', 30, async (page) => {
        await addJob(platform, `late job ${page}`);
        await platform.api('DELETE', `/api/v1/jobs/${jobs[page]}`);
      })
    )
      .flat()
      .map((row) => row['job_serial']);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(expect.arrayContaining(jobs.slice(4)));
  });

  test('filters hold on every page', async () => {
    const pages = await readPages('/api/v1/targets?environment=production&status=active', 7);
    expect(pages.flat().length).toBeGreaterThan(14);
    for (const row of pages.flat()) expect(row).toMatchObject({ environment: 'production', status: 'active' });
    const windows = await readPages('/api/v1/targets?os_type=windows', 500);
    for (const row of windows.flat()) expect(row).toMatchObject({ os_type: 'windows' });
  });

  test('targets are found by part of the name, by serial and by host', async () => {
    const find = (query: string) => readAll(`/api/v1/targets?${query}`, 'name');
    expect(await find('search=HOST-119.')).toEqual(['host-119.example.org']);
    expect(await find('host=Host-119.example.org')).toEqual(['host-119.example.org']);
    expect(await find('host=host-119')).toEqual([]);
    expect(await find(`search=${targets[118]}`)).toHaveLength(1);
    expect(await find('search=no-such-host')).toEqual([]);
  });

  test('characters that mean something to LIKE mean themselves', async () => {
    await addTarget(platform, 'wild.example.org', { name: String.raw`100%_a\b` });
    await addJob(platform, String.raw`100%_a\b`);
    for (const list of ['targets', 'jobs']) {
      for (const search of ['100%_', '%_a', String.raw`a\b`]) {
        expect([list, search, await readAll(`/api/v1/${list}?search=${encodeURIComponent(search)}`, 'name')]).toEqual([
          list,
          search,
          [String.raw`100%_a\b`],
        ]);
      }
      for (const search of ['1%b', '1_0', String.raw`\%`]) {
        expect([list, search, await readAll(`/api/v1/${list}?search=${encodeURIComponent(search)}`, 'name')]).toEqual([list, search, []]);
      }
    }
  });

  test('jobs are found by part of the name, by serial and by status', async () => {
    const serial = jobs[50] ?? '';
    expect(await readAll(`/api/v1/jobs?search=${serial}`, 'job_serial')).toEqual([serial]);
    expect(await readAll('/api/v1/jobs?search=JOB%20119', 'name')).toEqual(['job 119']);
    expect(await readAll('/api/v1/jobs?status=running', 'name')).toEqual([]);
    expect(await readAll('/api/v1/jobs?status=draft', 'name', 500)).toEqual(await readAll('/api/v1/jobs', 'name', 500));
  });

  test('runs, branches and lines are paged by their own order', async () => {
    const job = await addJob(platform, 'runs', { targets: [await addTarget(platform, 'runs.example.org')] });
    const runs: string[] = [];
    for (let index = 0; index < 7; index += 1)
      runs.push((await platform.api('POST', `/api/v1/jobs/${job}/executions`, {})).body.execution_serial);
    expect(runs.map((run) => run.split('.')[1])).toEqual(numbered(7, (index) => String(index + 1).padStart(4, '0')));
    expect(await readAll(`/api/v1/executions?job=${job}`, 'execution_serial', 3)).toEqual(runs.toReversed());
    expect(await readAll(`/api/v1/executions?job=${job}&status=completed`, 'execution_serial', 3)).toEqual([]);

    const [run = ''] = runs;
    await platform.db.query(
      `WITH run AS (SELECT id FROM job_executions WHERE execution_serial = $1),
       branches AS (
         INSERT INTO job_execution_branches (job_execution_id, target_id, branch_number, branch_serial, target_serial_ref, target_name_ref, scheduled_at)
         SELECT run.id, t.id, row_number() OVER (ORDER BY t.id), $1 || '.' || lpad((row_number() OVER (ORDER BY t.id))::text, 4, '0'), t.target_serial, t.name, now()
         FROM run, (SELECT * FROM universal_targets ORDER BY id LIMIT 23) t RETURNING id, job_execution_id, branch_number)
       INSERT INTO job_execution_logs (job_execution_id, branch_id, line_number, stream, log_phase, log_category, log_message)
       SELECT b.job_execution_id, b.id, line, CASE WHEN line = 1 THEN 'stderr' ELSE 'stdout' END, 'action_execution', 'command_execution', line::text
       FROM branches b, generate_series(1, 3) line`,
      { bind: [run] },
    );
    const branches = await readAll(`/api/v1/executions/${run}/branches`, 'branch_serial', 5);
    expect(branches).toEqual(numbered(23, (index) => `${run}.${String(index + 1).padStart(4, '0')}`));
    expect(await readAll(`/api/v1/executions/${run}/logs`, 'log_message', 10)).toHaveLength(69);
    expect(await readAll(`/api/v1/executions/${run}/logs?branch=${branches[4]}`, 'log_message', 2)).toEqual(['1', '2', '3']);
    expect(await readAll(`/api/v1/executions/${run}/logs?stream=stderr`, 'log_message', 10)).toEqual(numbered(23, () => '1'));
    expect(await readAll(`/api/v1/executions/${run}/branches?target=${targets[0]}`, 'branch_serial')).toHaveLength(1);
  });

  test('every list has each item once in every order and size of page, and only the fields that are asked for', async () => {
    const [run = ''] = await readAll('/api/v1/executions?sort=created', 'execution_serial');
    await platform.api('POST', '/api/v1/auth/tokens', { name: 'one', scopes: ['jobs.read'] });
    await platform.api('POST', '/api/v1/auth/tokens', { name: 'two', scopes: ['jobs.read'] });
    await platform.api('POST', '/api/v1/artifacts?name=one', 'one', { 'content-type': 'application/octet-stream' });
    for (const name of ['one', 'two', 'Three']) await platform.api('POST', '/api/v1/calendars', { name });
    const user = await addUser('operator');
    for (const make of [addSession, addSession, () => addApiToken(user, ['jobs.read'])]) await make(user);
    // Its use is noted once a minute, and would be another item.
    await platform.db.query('UPDATE user_sessions SET last_activity_at = now()');
    // Each branch waits for its target, and has a result that waits for a person.
    await platform.db.query(
      `WITH waiting AS (
         UPDATE job_execution_branches SET status = 'running', lock_requested_at = now() WHERE branch_serial LIKE $1 || '.%' RETURNING id, branch_serial)
       INSERT INTO job_action_results (branch_id, action_id, action_serial, action_order, action_name, action_type, status)
       SELECT w.id, (SELECT min(id) FROM job_actions), w.branch_serial || '.000' || o, o, 'one', 'approval', 'running'
       FROM waiting w, generate_series(1, 2) o`,
      { bind: [run] },
    );
    await platform.db.query(
      `INSERT INTO audit_seals (from_event_id, to_event_id, event_count, events_hash, events_until, previous_seal_hash, seal_hash)
       SELECT n, n, 1, sha256('e'), now(), CASE WHEN n > 1 THEN sha256(n::text::bytea) END, sha256((n + 1)::text::bytea) FROM generate_series(1, 3) n`,
    );
    const [target = ''] = await readAll(`/api/v1/executions/${run}/branches`, 'target_serial');
    await addJob(platform, 'on one target', { targets: [target] });
    const template = await platform.api('POST', '/api/v1/job-templates', jobNamed('pattern'));
    await platform.db.query(
      `WITH made AS (
         INSERT INTO job_schedules (job_id, name, schedule_type, cron_expression, definition_hash, temporal_schedule_id, created_by)
         SELECT (SELECT min(id) FROM jobs), 'schedule ' || n, 'cron', '0 3 * * *', repeat('0', 64), 'job-schedule/' || n, (SELECT min(id) FROM users)
         FROM generate_series(1, 3) n RETURNING id)
       INSERT INTO schedule_executions (job_schedule_id, scheduled_at) SELECT id, now() - make_interval(hours => n) FROM made, generate_series(1, 30) n`,
    );
    const [schedule = ''] = await readAll('/api/v1/schedules', 'schedule_serial');
    const serialIn = (path: string): string => {
      if (path.includes('/schedules/')) return schedule;
      if (path.includes('/job-templates/')) return template.body.job_serial;
      if (path.startsWith('/api/v1/targets')) return target;
      return path.includes('/jobs/') ? (run.split('.')[0] ?? '') : run;
    };
    // Those without `sort` look at a part of what there is at a time: they have tests of their own.
    const lists = operationsOf(platform).filter((operation) => parametersOf(operation, 'query').some(({ name }) => name === 'sort'));
    const lengths: Record<string, number> = {};
    for (const list of lists) {
      const path = list.path
        .replace('{serial}', serialIn(list.path))
        .replace('{uuid}', user.userUuid)
        .replace('{action}', `${run}.0001.0001`);
      const { sorts, sort } = ordersOf(list);
      const texts = async (query: string, limit: number) =>
        (await readPages(`${path}?${query}`, limit)).flat().map((item) => JSON.stringify(item));
      const all = await texts(`sort=${sort}`, 500);
      expect([list.path, await texts('', 500)]).toEqual([list.path, all]);
      for (const order of sorts) {
        const items = await texts(`sort=${order}`, 30);
        expect([list.path, order, items.toSorted()]).toEqual([list.path, order, all.toSorted()]);
        const back = await texts(`sort=${order.startsWith('-') ? order.slice(1) : `-${order}`}`, 47);
        expect([list.path, order, back]).toEqual([list.path, order, items.toReversed()]);
      }
      const [one = '', , three = ''] = Object.keys(JSON.parse(all[0] ?? '{}') as object);
      for (const item of (await readPages(`${path}?fields=${three},${one}`, 50)).flat())
        expect(Object.keys(item).toSorted()).toEqual([one, three].toSorted());
      lengths[list.path] = all.length;
    }
    const base = '/api/v1/executions';
    expect(lengths).toMatchObject({ [`${base}/{serial}/branches`]: 23, [`${base}/{serial}/results`]: 46, [`${base}/{serial}/logs`]: 69 });
    expect(lengths).toMatchObject({ [`${base}/locks`]: 23, [`${base}/approvals`]: 46, '/api/v1/auth/tokens': 2, '/api/v1/artifacts': 1 });
    expect(lengths).toMatchObject({
      '/api/v1/users/{uuid}/sessions': 2,
      '/api/v1/users/{uuid}/tokens': 1,
      '/api/v1/tokens': 3,
      '/api/v1/audit/seals': 3,
      '/api/v1/calendars': 3,
      '/api/v1/schedules': 3,
      '/api/v1/schedules/{serial}/executions': 30,
      '/api/v1/schedules/executions': 90,
    });
  });

  test('by name: names that are equal, or differ only in what a collation passes over, are neither lost nor repeated', async () => {
    const names = ['Zoë', 'zoe', 'zoe', 'a-b', 'ab', 'a b', '"quoted"', '%'];
    for (const [index, name] of names.entries()) await addTarget(platform, `named-${index}.example.org`, { name, os_type: 'freebsd' });
    const down = await readAll('/api/v1/targets?os_type=freebsd&sort=-name', 'name', 1);
    expect(down.toSorted()).toEqual(names.toSorted());
    expect((await readAll('/api/v1/targets?os_type=freebsd&sort=name', 'name', 2)).toReversed()).toEqual(down);
  });

  test('a field that is none, or an empty list of them, is refused with those that there are', async () => {
    for (const fields of ['nmae', 'name,', '', 'name;status', 'NAME']) {
      const { status, body } = await platform.api('GET', `/api/v1/targets?fields=${encodeURIComponent(fields)}`);
      expect([fields, status, body.errors]).toEqual([
        fields,
        400,
        [{ path: 'fields', message: expect.stringMatching(/separated by commas: target_serial, .*methods/) }],
      ]);
    }
  });

  test('a cursor goes on in its own order and with its own filters only', async () => {
    const { body } = await platform.api('GET', '/api/v1/targets?environment=production&limit=1');
    const at = (query: string) => platform.api('GET', `/api/v1/targets?cursor=${body.next}${query}`);
    expect((await at('&environment=production&limit=2&fields=name')).status).toBe(200);
    for (const query of [
      '',
      '&environment=testing',
      '&environment=production&status=active',
      '&environment=production&sort=name',
      '&environment=production&sort=created',
    ]) {
      const refused = await at(query);
      expect([query, refused.status, refused.body.errors]).toEqual([
        query,
        400,
        [{ path: 'cursor', message: 'belongs to another sort or other filters' }],
      ]);
    }
    const other = await platform.api('GET', `/api/v1/jobs?cursor=${body.next}`);
    expect([other.status, other.body.errors[0].path]).toEqual([400, 'cursor']);
  });

  test('a cursor beyond every row gives an empty last page, in every list', async () => {
    const [run] = await readAll('/api/v1/executions?sort=created', 'execution_serial');
    const [none, all] = [-999_999_999_999_999, 999_999_999_999_999];
    const lists: readonly (readonly [string, number, string])[] = [
      [`executions/${run}/branches?`, all, ''],
      [`executions/${run}/branches?sort=-branch_number&`, none, ''],
      [`executions/${run}/logs?`, all, ''],
      ['targets?', none, ''],
      ['targets?sort=name&', all, '\u{10ffff}'],
      ['targets?sort=-name&', none, ''],
      ['jobs?sort=created&', all, ''],
      ['jobs?sort=-name&', none, ''],
      ['executions?', none, ''],
    ];
    for (const [list, id, key] of lists) {
      const { body } = await platform.api('GET', `/api/v1/${list}limit=1`);
      const far = await platform.api('GET', `/api/v1/${list}cursor=${movedCursor(body.next, id, key)}`);
      expect([list, far.status, far.body]).toEqual([list, 200, { data: [], next: null }]);
    }
  });
});
