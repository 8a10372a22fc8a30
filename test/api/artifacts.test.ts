import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { openTestDatabase } from '../db/support/open-database.ts';
import { changeSetting } from '../db/retention/support.ts';
import { addApiToken, addUser } from './support/accounts.ts';

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
