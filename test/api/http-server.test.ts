import { once } from 'node:events';
import { connect } from 'node:net';
import { serve } from '@hono/node-server';
import type { ServerType } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { addJob, addTarget, jobNamed } from './support/definitions.ts';
import { countRows } from './support/unchanged.ts';

describe('the API behind a real socket', () => {
  let platform: TestPlatform;
  let server: ServerType;
  let port: number;
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
    await new Promise<void>((resolve) => {
      server = serve({ fetch: platform.app.fetch, hostname: '127.0.0.1', port: 0 }, (info) => {
        port = info.port;
        resolve();
      });
    });
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    await platform[Symbol.asyncDispose]();
  });

  /** Sends bytes as they are. @returns all that comes back until the server closes. */
  const send = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      let answer = '';
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
      socket.on('error', reject);
      socket.on('close', () => resolve(answer));
    });
  const request = (first: string, headers: readonly string[], body = ''): Promise<string> =>
    send([first, 'Host: x', 'Connection: close', `Authorization: Bearer ${platform.token}`, ...headers, '', body].join('\r\n'));
  const statusOf = (answer: string): number => Number(answer.split(' ')[1]);

  const job = JSON.stringify(jobNamed('raw'));
  const json = ['Content-Type: application/json', `Content-Length: ${job.length}`];

  test.each(['TRACE', 'PROPFIND', 'PURGE', 'CONNECT'])('%s is refused with a 4xx or the connection is closed', async (method) => {
    const answer = await request(`${method} /api/v1/jobs HTTP/1.1`, []);
    expect(answer === '' || (statusOf(answer) >= 400 && statusOf(answer) < 500)).toBe(true);
  });

  test.each(['a\rX-Evil: 1', 'a\nX-Evil: 1', 'a\u0000b'])('a control character in the Idempotency-Key (%j) makes nothing', async (key) => {
    const before = await countRows(platform);
    const answer = await request('POST /api/v1/jobs HTTP/1.1', [...json, `Idempotency-Key: ${key}`], job);
    expect(statusOf(answer)).toBe(400);
    expect(answer.toLowerCase()).not.toContain('x-evil');
    expect(await countRows(platform)).toEqual(before);
  });

  test('two Idempotency-Keys in one request are refused', async () => {
    const before = await countRows(platform);
    expect(statusOf(await request('POST /api/v1/jobs HTTP/1.1', [...json, 'Idempotency-Key: a', 'Idempotency-Key: b'], job))).toBe(400);
    expect(await countRows(platform)).toEqual(before);
  });

  test('a request with both a length and chunks is refused', async () => {
    const before = await countRows(platform);
    expect(statusOf(await request('POST /api/v1/jobs HTTP/1.1', [...json, 'Transfer-Encoding: chunked'], `0\r\n\r\n${job}`))).toBe(400);
    expect(await countRows(platform)).toEqual(before);
  });

  test('a client that takes a log slowly, or not at all, holds no connection of the database, and no more of the log than fits on the way', async () => {
    const LINES = 8_000;
    // Connections of the platform.
    const POOL = 10;
    const job = await addJob(platform, 'talks much', { targets: [await addTarget(platform, 'talks.example.org')] });
    const run = (await platform.api('POST', `/api/v1/jobs/${job}/executions`, {})).body.execution_serial;
    await platform.db.query(
      `INSERT INTO job_execution_logs (job_execution_id, log_phase, log_category, log_message)
       SELECT id, 'completion', 'system', n || repeat('x', 2000) FROM job_executions, generate_series(1, ${LINES}) n WHERE execution_serial = $1`,
      { bind: [run] },
    );
    const path = `/api/v1/executions/${run}/logs/download?format=ndjson`;
    const request = `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${platform.token}\r\n\r\n`;
    const slow = Array.from({ length: POOL + 2 }, () => {
      const socket = connect(port, '127.0.0.1', () => socket.write(request));
      return socket;
    });
    await Promise.all(slow.map((socket) => once(socket, 'readable')));
    expect((await platform.api('GET', '/api/v1/executions')).status).toBe(200);
    for (const socket of slow) {
      expect(socket.bytesRead).toBeLessThan((LINES * 2_000) / 4);
      socket.destroy();
    }
    const whole = await platform.app.request(path, { headers: { authorization: `Bearer ${platform.token}` } });
    expect((await whole.text()).trimEnd().split('\n').length).toBeGreaterThanOrEqual(LINES);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      'content-type': 'application/x-ndjson',
      'content-disposition': `attachment; filename*=UTF-8''${run}.ndjson`,
    });
  });

  test('an endless body without a length is cut off at 1 MB', async () => {
    const chunk = 'x'.repeat(65_536);
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 1;
        if (sent > 4_096) controller.close();
        else controller.enqueue(new TextEncoder().encode(chunk));
      },
    });
    const headers = { authorization: `Bearer ${platform.token}`, 'content-type': 'application/json' };
    const status = await fetch(`http://127.0.0.1:${port}/api/v1/targets`, {
      method: 'POST',
      headers,
      body,
      duplex: 'half',
    }).then(
      (response) => response.status,
      () => 413, // the server may close before it has read what is still sent
    );
    expect([status, sent < 4_096]).toEqual([413, true]);
  });

  test('a large upload that is repeated with its key is answered as the first time, on a connection that goes on', async () => {
    const file = new Blob([Buffer.alloc(20_000_000, 'x')]);
    const upload = () =>
      fetch(`http://127.0.0.1:${port}/api/v1/artifacts?name=large`, {
        method: 'POST',
        headers: { authorization: `Bearer ${platform.token}`, 'content-type': 'application/octet-stream', 'idempotency-key': 'large' },
        body: file,
      });
    const answers: { status: number; body: unknown }[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const response = await upload();
      answers.push({ status: response.status, body: await response.json() });
    }
    const [first, ...repeats] = answers;
    expect(first?.status).toBe(201);
    for (const repeat of repeats) expect(repeat).toEqual(first);
  });

  test('an id of the request is given back only when it is a plain one', async () => {
    expect(await request('GET /healthz HTTP/1.1', ['X-Request-Id: my-request.1'])).toMatch(/x-request-id: my-request\.1\r\n/i);
    expect(await request('GET /healthz HTTP/1.1', ['X-Request-Id: <script>'])).not.toContain('script');
  });

  test('the address and program of the caller stand in the audit', async () => {
    await request('POST /api/v1/jobs HTTP/1.1', [...json, 'User-Agent: raw socket/1.0'], job);
    const [[row]] = await platform.db.query(
      `SELECT ip_address, user_agent FROM audit_events WHERE event_type = 'job_created' ORDER BY id DESC LIMIT 1`,
    );
    expect(row).toEqual({ ip_address: '127.0.0.1', user_agent: 'raw socket/1.0' });
  });
});
