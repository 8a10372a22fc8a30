import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { openTestDatabase } from '../db/support/open-database.ts';
import { changeSetting } from '../db/retention/support.ts';
import { addApiToken, addUser } from './support/accounts.ts';
import { addJob, addTarget } from './support/definitions.ts';

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
const BYTES = { 'content-type': 'application/octet-stream' };

describe('artifacts', () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  const send = async (name: string, body: NonNullable<RequestInit['body']> | null, headers: Record<string, string> = BYTES) => {
    const response = await platform.app.request(`/api/v1/artifacts?name=${encodeURIComponent(name)}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${platform.token}`, ...headers },
      body,
      ...(body instanceof ReadableStream && { duplex: 'half' }),
    });
    return { status: response.status, body: JSON.parse(await response.text()) };
  };
  const download = (uuid: string, token = platform.token) =>
    platform.app.request(`/api/v1/artifacts/${uuid}/content`, { headers: { authorization: `Bearer ${token}` } });
  const countArtifacts = () =>
    selectRow(platform.db, 'SELECT count(*)::int AS n, (SELECT count(*)::int FROM artifact_chunks) AS chunks FROM artifacts');

  test('a file of several chunks is stored compressed and comes back the same, under its name', async () => {
    const content = Buffer.concat([randomBytes(2_000_000), Buffer.alloc(3_000_000, 'a')]);
    const { status, body } = await send(`réport "1'.bin`, content);
    expect([status, body]).toEqual([
      201,
      expect.objectContaining({
        name: `réport "1'.bin`,
        artifact_type: 'upload',
        size_bytes: 5_000_000,
        sha256: sha256(content),
        created_by: 'admin',
        execution_serial: null,
      }),
    ]);
    const stored = await selectRow<{ bytes: number; chunks: number }>(
      platform.db,
      `SELECT sum(octet_length(data))::int AS bytes, count(*)::int AS chunks FROM artifact_chunks WHERE artifact_id = (SELECT id FROM artifacts WHERE artifact_uuid = $1)`,
      [body.artifact_uuid],
    );
    expect(stored?.chunks).toBe(5);
    expect(stored?.bytes).toBeLessThan(2_100_000);
    const response = await download(body.artifact_uuid);
    expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '5000000',
      'content-disposition': `attachment; filename*=UTF-8''r%C3%A9port%20%221%27.bin`,
    });
    expect((await platform.api('GET', `/api/v1/artifacts/${body.artifact_uuid}`)).body).toEqual(body);
  });

  test('an upload with a key is stored once; the key says no for another name or size', async () => {
    const upload = (name: string, content: string, key: string) =>
      send(name, content, { ...BYTES, 'content-length': String(content.length), 'idempotency-key': key });
    const first = await upload('once.txt', 'once', 'upload');
    const before = await countArtifacts();
    const again = await upload('once.txt', 'once', 'upload');
    expect([first.status, again.status, again.body, await countArtifacts()]).toEqual([201, 201, first.body, before]);
    for (const [name, content] of [
      ['other.txt', 'once'],
      ['once.txt', 'twice'],
    ] as const) {
      const other = await upload(name, content, 'upload');
      expect([name, other.status, other.body.code]).toEqual([name, 422, 'IDEMPOTENCY_MISMATCH']);
    }
    const broken = await send('broken.txt', 'x', { 'content-type': 'text/plain', 'idempotency-key': 'broken' });
    expect([broken.status, (await upload('broken.txt', 'x', 'broken')).status]).toEqual([415, 201]);
  });

  test('an upload that takes longer than a minute keeps its key: a repeat meanwhile has to wait, and then gets its answer', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const began = Promise.withResolvers<ReadableStreamDefaultController>();
    const slow = new ReadableStream({ pull: (controller) => began.resolve(controller) }, { highWaterMark: 0 });
    const keyed = { ...BYTES, 'idempotency-key': 'slow' };
    const first = send('slow', slow, keyed);
    const body = await began.promise;
    const key = `FROM idempotency_keys WHERE idempotency_key = 'slow' AND created_at > now() - interval '60 seconds'`;
    await platform.db.query(`UPDATE idempotency_keys SET created_at = now() - interval '61 seconds' WHERE idempotency_key = 'slow'`);
    vi.advanceTimersByTime(20_000);
    while ((await selectRow(platform.db, `SELECT 1 ${key}`)) === undefined);
    const meanwhile = await send('slow', 'again', keyed);
    expect([meanwhile.status, meanwhile.body.code]).toEqual([409, 'IN_PROGRESS']);
    body.enqueue(Buffer.from('whole'));
    body.close();
    const made = await first;
    const before = await countArtifacts();
    expect([made.status, await send('slow', 'again', keyed)]).toEqual([201, made]);
    expect(await countArtifacts()).toEqual(before);
  });

  test('an empty file is a file', async () => {
    const { body } = await send('empty', null);
    expect(body).toMatchObject({ size_bytes: 0, sha256: sha256(Buffer.alloc(0)) });
    expect((await (await download(body.artifact_uuid)).arrayBuffer()).byteLength).toBe(0);
  });

  test('an upload that breaks off leaves nothing', async () => {
    const before = await countArtifacts();
    const broken = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(1_500_000));
        controller.error(new Error('gone'));
      },
    });
    await send('broken', broken).catch(() => undefined);
    expect(await countArtifacts()).toEqual(before);
  });

  test('up- and downloads are audited with who did it', async () => {
    const { body } = await send('audited', 'x');
    await (await download(body.artifact_uuid)).arrayBuffer();
    const events = await selectRows(
      platform.db,
      `SELECT event_type, action, user_id FROM audit_events WHERE resource_id = $1 ORDER BY id`,
      [body.artifact_uuid],
    );
    const { user_id } =
      (await selectRow<{ user_id: number }>(platform.db, `SELECT id AS user_id FROM users WHERE username = 'admin'`)) ?? {};
    expect(events).toEqual([
      { event_type: 'data_import', action: 'upload_artifact', user_id },
      { event_type: 'data_export', action: 'download_artifact', user_id },
    ]);
  });

  test('the content takes the right to run jobs, its description that to read runs', async () => {
    const { body } = await send('guarded', 'x');
    const token = await addApiToken(await addUser('viewer'), ['executions.read']);
    expect((await platform.call(token, 'GET', `/api/v1/artifacts/${body.artifact_uuid}`)).status).toBe(200);
    expect((await download(body.artifact_uuid, token)).status).toBe(403);
  });

  test('lists come in pages, newest first, by type and run', async () => {
    for (const name of ['p1', 'p2', 'p3']) await send(name, 'x');
    const first = (await platform.api('GET', '/api/v1/artifacts?limit=2&type=upload')).body;
    const second = (await platform.api('GET', `/api/v1/artifacts?limit=1&type=upload&cursor=${first.next}`)).body;
    expect([...first.data, ...second.data].map(({ name }) => name)).toEqual(['p3', 'p2', 'p1']);
    expect((await platform.api('GET', '/api/v1/artifacts?type=output')).body.data).toEqual([]);
    expect((await platform.api('GET', '/api/v1/artifacts?execution=J20259999.0001')).body).toEqual({ data: [], next: null });
  });

  test('are found by part of the name, by run, branch and action, and by who has sent them', async () => {
    await send('100%_a.tar', 'x');
    const names = async (query: string) =>
      (await platform.api('GET', `/api/v1/artifacts?${query}`)).body.data.map(({ name }: { name: string }) => name);
    expect(await names(`search=${encodeURIComponent('0%_A')}`)).toEqual(['100%_a.tar']);
    expect(await names(`search=${encodeURIComponent('1%a')}`)).toEqual([]);
    expect(await names('created_by=ADMIN&limit=1')).toEqual(['100%_a.tar']);
    expect(await names('created_by=nobody')).toEqual([]);
    for (const part of ['execution=J20259999.0001', 'branch=J20259999.0001.0001', 'action=J20259999.0001.0001.0001'])
      expect(await names(part)).toEqual([]);
    expect((await platform.api('GET', '/api/v1/artifacts?branch=J20259999.0001')).status).toBe(400);
  });

  describe('a part of the content', () => {
    const content = randomBytes(2_500_000);
    let uuid: string;
    beforeAll(async () => {
      uuid = (await send('large.bin', content)).body.artifact_uuid;
    });
    const part = async (headers: Record<string, string>) => {
      const response = await platform.app.request(`/api/v1/artifacts/${uuid}/content`, {
        headers: { authorization: `Bearer ${platform.token}`, ...headers },
      });
      return { status: response.status, headers: Object.fromEntries(response.headers), bytes: Buffer.from(await response.arrayBuffer()) };
    };

    test.each([
      ['bytes=0-0', 0, 1],
      ['bytes=1048570-1048590', 1_048_570, 1_048_591],
      ['bytes=100-2400000', 100, 2_400_001],
      ['bytes=2499999-', 2_499_999, 2_500_000],
      ['bytes=-7', 2_499_993, 2_500_000],
    ])('%s', async (range, start, end) => {
      const answer = await part({ range });
      expect(answer).toMatchObject({
        status: 206,
        headers: { 'content-range': `bytes ${start}-${end - 1}/2500000`, 'content-length': String(end - start), 'accept-ranges': 'bytes' },
      });
      expect(answer.bytes.equals(content.subarray(start, end))).toBe(true);
    });

    test('behind the end is refused, and what is no range is all of it', async () => {
      const refused = await part({ range: 'bytes=2500000-' });
      expect([refused.status, JSON.parse(refused.bytes.toString()).code, refused.headers['content-range']]).toEqual([
        416,
        'RANGE_NOT_SATISFIABLE',
        'bytes */2500000',
      ]);
      for (const range of ['bytes=5-1', 'bytes=0-1,5-6', 'lines=1-2'])
        expect(await part({ range })).toMatchObject({ status: 200, headers: { 'content-length': '2500000' } });
    });

    test('is one of the same content only, which its ETag and its digest name', async () => {
      const { headers } = await part({ range: 'bytes=0-0' });
      expect(headers).toMatchObject({
        etag: `"${sha256(content)}"`,
        'repr-digest': `sha-256=:${createHash('sha256').update(content).digest('base64')}:`,
      });
      expect((await part({ range: 'bytes=0-9', 'if-range': headers['etag'] ?? '' })).status).toBe(206);
      expect((await part({ range: 'bytes=0-9', 'if-range': '"other"' })).status).toBe(200);
    });
  });

  test('a file that is not as long as was said is refused, and kept nowhere', async () => {
    const before = await countArtifacts();
    for (const length of ['2', '4']) {
      const { status, body } = await send('wrong', 'abc', { ...BYTES, 'content-length': length });
      expect([status, body.code, body.detail]).toEqual([
        400,
        'VALIDATION',
        `Content-Length says ${length} bytes, and 3 came. Nothing was kept.`,
      ]);
    }
    expect((await send('huge', 'abc', { ...BYTES, 'content-length': '99999999999' })).status).toBe(413);
    expect(await countArtifacts()).toEqual(before);
    expect((await send('right', 'abc', { ...BYTES, 'content-length': '3' })).status).toBe(201);
  });

  test('one that is removed is gone with its content, and who did it is on record', async () => {
    const before = await countArtifacts();
    const { body } = await send('gone', 'x');
    const path = `/api/v1/artifacts/${body.artifact_uuid}`;
    const token = await addApiToken(await addUser('operator'), ['executions.read', 'jobs.execute']);
    expect((await platform.call(token, 'DELETE', path)).status).toBe(403);
    expect((await platform.api('DELETE', path)).status).toBe(204);
    for (const method of ['GET', 'DELETE'] as const) expect((await platform.api(method, path)).status).toBe(404);
    expect((await download(body.artifact_uuid)).status).toBe(404);
    expect(await countArtifacts()).toEqual(before);
    const event = await selectRow(
      platform.db,
      `SELECT event_type, details FROM audit_events WHERE resource_id = $1 AND action = 'delete_artifact'`,
      [body.artifact_uuid],
    );
    expect(event).toEqual({ event_type: 'data_import', details: { name: 'gone', size_bytes: 1, execution_serial: null } });
  });

  test.each([
    ['as it is', (uuid: string) => uuid],
    ['in capitals', (uuid: string) => uuid.toUpperCase()],
  ])('one that a run names %s which has not ended is kept', async (how, written) => {
    const { body } = await send('needed', 'x');
    const target = await addTarget(platform, `needs-${how.replaceAll(' ', '-')}.example.org`);
    const upload = {
      action_type: 'file_transfer',
      action_name: 'send',
      action_parameters: { operation: 'upload', artifact: written(body.artifact_uuid), destination_path: '/tmp/x' },
    };
    const job = await addJob(platform, `needs a file ${how}`, { targets: [target], actions: [upload] });
    const run = (await platform.api('POST', `/api/v1/jobs/${job}/executions`, {})).body.execution_serial;
    for (const uuid of [body.artifact_uuid, body.artifact_uuid.toUpperCase()]) {
      const refused = await platform.api('DELETE', `/api/v1/artifacts/${uuid}`);
      expect([refused.status, refused.body.code, refused.body.detail]).toEqual([
        409,
        'CONFLICT',
        expect.stringContaining(`in use by ${run}`),
      ]);
    }
    await platform.db.query(`UPDATE job_executions SET status = 'cancelled', completed_at = now() WHERE execution_serial = $1`, {
      bind: [run],
    });
    expect((await platform.api('DELETE', `/api/v1/artifacts/${body.artifact_uuid}`)).status).toBe(204);
  });

  test('what has expired is gone at once, though its row may wait for the night', async () => {
    const { body } = await send('old', 'x');
    await platform.db.query(`UPDATE artifacts SET expires_at = now() - interval '1 second' WHERE artifact_uuid = $1`, {
      bind: [body.artifact_uuid],
    });
    expect((await platform.api('GET', `/api/v1/artifacts/${body.artifact_uuid}`)).status).toBe(404);
    expect((await download(body.artifact_uuid)).status).toBe(404);
    expect((await platform.api('GET', '/api/v1/artifacts')).body.data.map(({ name }: { name: string }) => name)).not.toContain('old');
  });

  test.each([
    ['', 'name'],
    ['a/b', 'name'],
    ['a\\b', 'name'],
    ['a\nb', 'name'],
    ['a'.repeat(256), 'name'],
  ])('the name %j is refused', async (name, field) => {
    const { status, body } = await send(name, 'x');
    expect([status, body.errors[0].path]).toEqual([400, field]);
  });

  test('another type than bytes is refused, and kept nowhere', async () => {
    const before = await countArtifacts();
    expect((await send('x', '{}', { 'content-type': 'application/json' })).status).toBe(415);
    expect((await send('x', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
    expect(await countArtifacts()).toEqual(before);
  });
});

test('a file over the limit is refused while it comes, and kept nowhere', async () => {
  await using database = await openTestDatabase();
  await changeSetting(database.db, 'max_artifact_bytes', 2_000);
  await using platform = await startTestPlatform({ worker: false, databaseUrl: database.url });
  const post = (bytes: number) =>
    platform.app.request('/api/v1/artifacts?name=large', {
      method: 'POST',
      headers: { authorization: `Bearer ${platform.token}`, ...BYTES },
      body: Buffer.alloc(bytes),
    });
  expect((await post(2_001)).status).toBe(413);
  expect(await selectRow(platform.db, 'SELECT count(*)::int AS n FROM artifacts')).toEqual({ n: 0 });
  expect((await post(2_000)).status).toBe(201);
});
