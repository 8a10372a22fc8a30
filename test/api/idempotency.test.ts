import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { Answer, TestPlatform } from '../support/platform.ts';
import { PASSWORD, addSession, addUser } from './support/accounts.ts';
import { addJob, addTarget, jobNamed, methodOf, targetAt } from './support/definitions.ts';

const AT_ONCE = 20;

const keyed = (key: string) => ({ 'idempotency-key': key });

describe('Idempotency-Key', () => {
  let platform: TestPlatform;
  let job: string;
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
    job = await addJob(platform, 'job', { targets: [await addTarget(platform, 'web1.example.org')] });
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const atOnce = (path: string, body: unknown, key: string): Promise<Answer[]> =>
    Promise.all(Array.from({ length: AT_ONCE }, () => platform.api('POST', path, body, keyed(key))));

  const expectOneAnswer = (answers: readonly Answer[], status: number, serialOf: (body: Answer['body']) => string): string => {
    const done = answers.filter((answer) => answer.status === status);
    const waiting = answers.filter((answer) => answer.status !== status);
    expect(done.length).toBeGreaterThan(0);
    const serials = new Set(done.map(({ body }) => serialOf(body)));
    expect(serials.size).toBe(1);
    expect(done.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1);
    for (const answer of waiting) {
      expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([409, 'IN_PROGRESS', '1']);
    }
    const [serial = ''] = serials;
    return serial;
  };

  test('one run comes of 20 requests at once, and repeats get its answer', async () => {
    const path = `/api/v1/jobs/${job}/executions`;
    const serial = expectOneAnswer(await atOnce(path, {}, 'run'), 202, (body) => body.execution_serial);
    const runs = await platform.api('GET', `/api/v1/executions?job=${job}`);
    expect(runs.body.data.map((run: { execution_serial: string }) => run.execution_serial)).toEqual([serial]);

    const [first, second] = [await platform.api('POST', path, {}, keyed('run')), await platform.api('POST', path, {}, keyed('run'))];
    expect([first.status, first.headers.get('idempotent-replayed'), first.body.execution_serial]).toEqual([202, 'true', serial]);
    expect(second.body).toEqual(first.body);
  });

  describe('when the connection to the database is lost at the COMMIT', () => {
    beforeAll(async () => {
      await platform.db.query(
        `CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$`,
      );
      for (const table of ['jobs', 'job_executions'])
        await platform.db.query(
          `CREATE CONSTRAINT TRIGGER lose AFTER INSERT OR UPDATE ON ${table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION lose()`,
        );
    });
    afterAll(async () => void (await platform.db.query('DROP FUNCTION lose CASCADE')));
    const lost = (answer: Answer): unknown[] => [answer.status, answer.body.code, answer.body.detail];
    const doubt = [503, 'UNAVAILABLE', expect.stringContaining('it may have been. Look before you send it again')];

    test('the answer says that it may have been done, and a repeat gets that answer instead of doing it', async () => {
      const send = () => platform.api('POST', '/api/v1/jobs', jobNamed('lost'), keyed('lost'));
      const first = await send();
      expect([lost(first), first.headers.get('retry-after')]).toEqual([doubt, null]);
      const again = await send();
      expect([lost(again), again.headers.get('idempotent-replayed')]).toEqual([doubt, 'true']);
      expect(again.headers.get('content-type')).toBe('application/problem+json');
      expect(lost(await platform.api('PUT', `/api/v1/jobs/${job}`, jobNamed('lost, too')))).toEqual(doubt);
    });

    test('of the answer alone, the answer is given, and kept when the database is back', async () => {
      await platform.db.query(`CREATE SEQUENCE losses; CREATE FUNCTION lose_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('losses') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER lose AFTER UPDATE ON idempotency_keys DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
          WHEN (new.state = 'completed') EXECUTE FUNCTION lose_once()`);
      const send = () => platform.api('POST', '/api/v1/targets', targetAt('kept-later.example.org'), keyed('kept-later'));
      const first = await send();
      expect([first.status, (await send()).body.code]).toEqual([201, 'IN_PROGRESS']);
      let again = await send();
      while (again.body.code === 'IN_PROGRESS') again = await send();
      expect([again.status, again.headers.get('idempotent-replayed'), again.body]).toEqual([201, 'true', first.body]);
      await platform.db.query('DROP FUNCTION lose_once CASCADE; DROP SEQUENCE losses');
    });

    test('the start of a run is begun again under its key, which the run has', async () => {
      const send = () => platform.api('POST', `/api/v1/jobs/${job}/executions`, {}, keyed('lost-run'));
      expect(lost(await send())).toEqual(doubt);
      const again = await send();
      expect([lost(again), again.headers.get('idempotent-replayed')]).toEqual([doubt, null]);
    });
  });

  test('the same run answers a key that was forgotten after its 24 hours', async () => {
    const path = `/api/v1/jobs/${job}/executions`;
    const made = await platform.api('POST', path, {}, keyed('old run'.replace(' ', '-')));
    await platform.db.query(`UPDATE idempotency_keys SET expires_at = now() - interval '1 second' WHERE idempotency_key = 'old-run'`);
    const again = await platform.api('POST', path, {}, keyed('old-run'));
    expect([again.status, again.headers.get('idempotent-replayed'), again.body.execution_serial]).toEqual([
      202,
      null,
      made.body.execution_serial,
    ]);
  });

  test('one target comes of 20 requests at once', async () => {
    const serial = expectOneAnswer(
      await atOnce('/api/v1/targets', targetAt('web2.example.org'), 'target'),
      201,
      (body) => body.target_serial,
    );
    const found = await platform.api('GET', '/api/v1/targets?host=web2.example.org');
    expect(found.body.data.map((target: { target_serial: string }) => target.target_serial)).toEqual([serial]);
  });

  test('a key that was used for another body, path, query or route is refused with 422', async () => {
    const target = await addTarget(platform, 'web3.example.org', {
      methods: [methodOf('127.0.0.1', { port: 1 }), methodOf('127.0.0.1', { port: 2 })],
    });
    const test = `/api/v1/targets/${target}/test`;
    expect((await platform.api('POST', `${test}?method=ssh_1`, undefined, keyed('other'))).status).toBe(200);
    for (const [path, body] of [
      [`${test}?method=ssh_2`, undefined],
      [test, undefined],
      [`${test}?method=ssh_1`, {}],
      ['/api/v1/jobs', jobNamed('other')],
    ] as const) {
      const { status, body: problem } = await platform.api('POST', path, body, keyed('other'));
      expect([path, status, problem.code]).toEqual([path, 422, 'IDEMPOTENCY_MISMATCH']);
    }
  });

  test('a request that failed gives its key free', async () => {
    const refused = await platform.api('POST', '/api/v1/jobs', { name: 'x' }, keyed('failed'));
    expect(refused.status).toBe(400);
    const made = await platform.api('POST', '/api/v1/jobs', jobNamed('second try'), keyed('failed'));
    expect([made.status, made.headers.get('idempotent-replayed')]).toEqual([201, null]);
  });

  test('a key that hangs is taken over after a minute by the same request only', async () => {
    const made = await platform.api('POST', '/api/v1/jobs', jobNamed('hangs'), keyed('hangs'));
    const hang = (age: string) =>
      platform.db.query(
        `UPDATE idempotency_keys SET state = 'in_progress', response_status = NULL, response_body = NULL, created_at = now() - interval '${age}'
         WHERE idempotency_key = 'hangs'`,
      );
    await hang('59 seconds');
    expect((await platform.api('POST', '/api/v1/jobs', jobNamed('hangs'), keyed('hangs'))).body.code).toBe('IN_PROGRESS');
    await hang('61 seconds');
    expect((await platform.api('POST', '/api/v1/jobs', jobNamed('another'), keyed('hangs'))).body.code).toBe('IDEMPOTENCY_MISMATCH');
    const taken = await platform.api('POST', '/api/v1/jobs', jobNamed('hangs'), keyed('hangs'));
    expect([taken.status, taken.body.job_serial]).not.toEqual([201, made.body.job_serial]);
    expect(taken.status).toBe(201);
  });

  test('the same key of another user is another key', async () => {
    const other = await addSession(await addUser('operator'));
    const mine = await platform.api('POST', '/api/v1/jobs', jobNamed('mine'), keyed('shared'));
    const theirs = await platform.call(other, 'POST', '/api/v1/jobs', jobNamed('theirs'), keyed('shared'));
    expect([mine.status, theirs.status, theirs.headers.get('idempotent-replayed')]).toEqual([201, 201, null]);
    expect(theirs.body.job_serial).not.toBe(mine.body.job_serial);
  });

  test('an answer without a body is repeated', async () => {
    const user = await addSession(await addUser('operator'));
    const body = { current_password: PASSWORD, new_password: 'staple staple staple' };
    const first = await platform.call(user, 'POST', '/api/v1/auth/password', body, keyed('password'));
    const again = await platform.call(user, 'POST', '/api/v1/auth/password', body, keyed('password'));
    expect([first.status, again.status, again.headers.get('idempotent-replayed')]).toEqual([204, 204, 'true']);
  });

  test('what is kept holds neither a new token nor a hash of the body that could be guessed at', async () => {
    const body = { name: 'keyed', scopes: ['jobs.read'] };
    const made = await platform.api('POST', '/api/v1/auth/tokens', body, keyed('token'));
    const again = await platform.api('POST', '/api/v1/auth/tokens', body, keyed('token'));
    const { token, ...rest } = made.body;
    expect(token).toMatch(/^ops_t_/);
    expect([again.status, again.headers.get('idempotent-replayed'), again.body]).toEqual([201, 'true', rest]);
    const kept = await selectRows(platform.db, 'SELECT k::text AS text FROM idempotency_keys k');
    expect(JSON.stringify(kept)).not.toContain(token);
    const guess = await selectRow(
      platform.db,
      `SELECT 1 FROM idempotency_keys WHERE idempotency_key = 'token' AND request_hash = sha256(convert_to($1, 'UTF8'))`,
      [JSON.stringify(body)],
    );
    expect(guess).toBeUndefined();
  });

  test.each([
    ['/api/v1/data/export', { types: ['targets'] }, { types: ['jobs'] }],
    ['/api/v1/schedules/plan', { definitions: [] }, { definitions: [], prune: true }],
  ])('%s, which changes nothing, takes a key, answers anew and keeps nothing', async (path, first, second) => {
    const key = `anew-${path.split('/').at(-1)}`;
    for (const body of [first, first, second]) {
      const { status, headers } = await platform.api('POST', path, body, keyed(key));
      expect([status, headers.get('idempotent-replayed')]).toEqual([200, null]);
    }
    expect(await selectRows(platform.db, 'SELECT 1 FROM idempotency_keys WHERE idempotency_key = $1', [key])).toEqual([]);
    expect((await platform.api('POST', path, first, keyed('not usable'))).status).toBe(400);
  });

  test('schedules that were applied are not applied again with the same key', async () => {
    const body = { definitions: [] };
    const first = await platform.api('POST', '/api/v1/schedules/apply', body, keyed('apply'));
    const again = await platform.api('POST', '/api/v1/schedules/apply', body, keyed('apply'));
    expect([first.status, again.headers.get('idempotent-replayed'), again.body]).toEqual([200, 'true', first.body]);
  });

  test('a GET takes no notice of the key', async () => {
    const { headers, status } = await platform.api('GET', '/api/v1/jobs', undefined, keyed('run'));
    expect([status, headers.get('idempotent-replayed')]).toEqual([200, null]);
  });
});
