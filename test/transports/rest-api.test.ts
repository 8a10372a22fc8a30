import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint, HttpRequest } from '../../src/contracts/transport.ts';
import { openRestApi } from '../../src/transports/rest_api/open-rest-api.ts';
import type { OutputSink } from '../../src/transports/transport.ts';
import { collectOutput } from '../support/collect-output.ts';
import { freePort } from '../support/free-port.ts';
import { sha256, someBytes, startHttpServer } from '../support/http-fixture.ts';
import type { HttpFixture } from '../support/http-fixture.ts';
import { outcomeCode } from '../support/outcome-code.ts';

const signal = new AbortController().signal;
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

const get = (path: string, fields: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  path,
  headers: {},
  body: undefined,
  ...fields,
});

const requestOver = async (endpoint: Endpoint, request: HttpRequest, output: OutputSink = async () => undefined, until = signal) => {
  await using session = await openRestApi(endpoint, signal);
  if (session.request === undefined) throw new Error('no request');
  return await session.request(request, output, until);
};

const probeOver = async (endpoint: Endpoint): Promise<string> => {
  await using session = await openRestApi(endpoint, signal);
  return await session.probe(signal);
};

/** A TCP server that does what the test says with each connection. */
const startSocketServer = async (serve: (socket: Socket) => void) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};

describe('REST API', () => {
  let plain: HttpFixture;
  let tls: HttpFixture;
  beforeAll(async () => {
    [plain, tls] = await Promise.all([startHttpServer(), startHttpServer({ tls: true })]);
  });
  afterAll(() => Promise.all([plain, tls].map((server) => server[Symbol.asyncDispose]())));

  test.each(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD'] as const)(
    '%s arrives with path, query, headers and body as they were given',
    async (method) => {
      const body = method === 'GET' || method === 'HEAD' ? undefined : 'Grüße \u0000\r\n{"a":1}';
      const path = `/other/%C3%BC?a=1&b=%26&m=${method}`;
      await requestOver(tls.endpoint(), get(path, { method, headers: { 'X-One': 'a b', 'content-type': 'text/x' }, body }));
      const got = tls.taken.find((one) => one.path === path);
      expect(got).toMatchObject({ method, body: body ?? '', headers: { 'x-one': 'a b', 'content-type': 'text/x' } });
    },
  );

  test('the base path of the method is put before the path of the request', async () => {
    await requestOver(plain.endpoint({ base_path: '/api/v2/' }), get('/things?q=1'));
    expect(plain.taken.map(({ path }) => path)).toContain('/api/v2/things?q=1');
  });

  test('an answer of 5 MB arrives byte for byte, and no faster than it is taken', async () => {
    const chunks: Buffer[] = [];
    let inside = 0;
    await requestOver(tls.endpoint(), get('/bytes?n=5000000'), async (stream, chunk) => {
      inside += 1;
      expect([stream, inside]).toEqual(['stdout', 1]);
      chunks.push(Buffer.from(chunk));
      await new Promise(setImmediate);
      inside -= 1;
    });
    expect(sha256(Buffer.concat(chunks))).toBe(sha256(someBytes(5_000_000)));
  });

  test('a body of 500 KB arrives whole', async () => {
    const body = 'ü'.repeat(250_000);
    const output = collectOutput();
    await requestOver(plain.endpoint(), get('/echo', { method: 'POST', body }), output.sink);
    expect(JSON.parse(output.stdout)).toMatchObject({ body, headers: { 'content-length': '500000' } });
  });

  test.each([
    ['an API key', { type: 'api_key', header: 'X-Key', key: 'k"ey' }, 'x-key', 'k"ey'],
    ['a token', { type: 'api_token', token: 't0ken' }, 'authorization', 'Bearer t0ken'],
    ['user and password', { type: 'password', username: 'ann', password: 'p:ä"$' }, 'authorization', basic('ann:p:ä"$')],
  ] as const)('%s logs in where it is right, and is refused where it is wrong', async (_, secret, name, value) => {
    await using server = await startHttpServer({ wants: [name, value] });
    await expect(probeOver(server.endpoint({}, secret))).resolves.toBe('GET / was answered with status 200.');
    const wrong = { type: 'api_token', token: 'not-this-one' } as const;
    const refused = probeOver(server.endpoint({}, wrong));
    await expect(refused).rejects.toMatchObject({
      code: 'LOGIN_REJECTED',
      message: expect.stringMatching(/^REST API to 127\.0\.0\.1 port \d+: the server answered 401 to GET \/ with a token\. Check the cred/),
    });
    await expect(refused).rejects.not.toMatchObject({ message: expect.stringContaining('not-this-one') });
    await expect(probeOver(server.endpoint())).rejects.toMatchObject({ message: expect.stringContaining('It wants a credential') });
  });

  test('a header of the request wins over that of the login, whatever its case', async () => {
    const output = collectOutput();
    const endpoint = plain.endpoint({}, { type: 'api_token', token: 'of-the-method' });
    await requestOver(endpoint, get('/echo', { headers: { AUTHORIZATION: 'Own x' } }), output.sink);
    expect(JSON.parse(output.stdout).headers.authorization).toBe('Own x');
  });

  test('a redirect is an answer: nothing goes to the other host, least of all the credential', async () => {
    await using other = await startHttpServer();
    await using server = await startHttpServer({ redirectTo: `${other.origin}/stolen` });
    const endpoint = server.endpoint({}, { type: 'api_token', token: 'secret' });
    const response = await requestOver(endpoint, get('/elsewhere'));
    expect(response).toMatchObject({ status: 302, headers: { location: `${other.origin}/stolen` } });
    expect(other.taken).toEqual([]);
  });

  test.each([200, 204, 301, 404, 418, 500, 503])('status %i is a result, not an error', async (status) => {
    await expect(requestOver(plain.endpoint(), get(`/status?n=${status}`))).resolves.toMatchObject({ status });
  });

  test('a test fails where a request would: certificate, its name, port, name, no TLS there, no HTTP there', async () => {
    await using named = await startHttpServer({ tls: true, certificateName: 'DNS:right.test' });
    await using other = await startSocketServer((socket) => void socket.once('data', () => socket.write('500 what?\r\n')));
    const cases: [string, Endpoint, string][] = [
      ['trusted', tls.endpoint(), 'success'],
      ['not trusted', tls.endpoint({ ca_certificate: undefined }), 'CERTIFICATE_REFUSED'],
      ['not verified', tls.endpoint({ ca_certificate: undefined, verify_ssl: false }), 'success'],
      ['other name', named.endpoint(), 'CERTIFICATE_REFUSED'],
      ['server_name', named.endpoint({ server_name: 'right.test' }), 'success'],
      ['other server_name', tls.endpoint({ server_name: 'wrong.test' }), 'CERTIFICATE_REFUSED'],
      [
        'unreadable certificate',
        tls.endpoint({ ca_certificate: '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----' }),
        'VALIDATION',
      ],
      ['TLS to a plain port', plain.endpoint({ protocol: 'https' }), 'PROTOCOL_ERROR'],
      ['no HTTP', { ...plain.endpoint(), port: other.port }, 'PROTOCOL_ERROR'],
      ['no listener', { ...plain.endpoint(), port: await freePort() }, 'CONNECTION_REFUSED'],
      ['no such name', { ...plain.endpoint(), host: 'no-such-host.invalid' }, 'NAME_NOT_FOUND'],
    ];
    for (const [what, endpoint, expected] of cases) {
      const outcomes = [await outcomeCode(probeOver(endpoint)), await outcomeCode(requestOver(endpoint, get('/')))];
      expect([what, ...outcomes]).toEqual([what, expected, expected]);
    }
  });

  test('a refused certificate: the error says how to trust it, and no request was sent', async () => {
    const before = tls.taken.length;
    const endpoint = tls.endpoint({ ca_certificate: undefined }, { type: 'api_token', token: 'secret' });
    await expect(probeOver(endpoint)).rejects.toMatchObject({
      message: expect.stringMatching(/^REST API to 127\.0\.0\.1 port \d+: the certificate .* ca_certificate\. Nothing was sent to it\./),
    });
    expect(tls.taken.length).toBe(before);
  });

  test('a server that takes the connection and speaks no TLS is given up after the time of the method', async () => {
    await using server = await startSocketServer(() => undefined);
    const endpoint = { ...tls.endpoint(), port: server.port, connectTimeoutMs: 300 };
    await expect(openRestApi(endpoint, signal)).rejects.toMatchObject({ code: 'CONNECTION_TIMED_OUT' });
  });

  test.each(['/silent', '/hang'])('an abort ends the request for %s on the server too, with its reason', async (path) => {
    await using server = await startHttpServer();
    const abort = new AbortController();
    const requested = requestOver(server.endpoint(), get(path), undefined, abort.signal);
    await server.asked(path);
    abort.abort(new Error('enough'));
    await expect(requested).rejects.toThrow('enough');
    await server.closed;
  });

  test('an abort while connecting ends with its reason', async () => {
    await using server = await startSocketServer(() => undefined);
    const abort = new AbortController();
    const opened = openRestApi({ ...tls.endpoint(), port: server.port }, abort.signal);
    abort.abort(new Error('enough'));
    await expect(opened).rejects.toThrow('enough');
  });

  test.each(['/break', '/drop'])('a connection that breaks on %s leaves the outcome unknown, and says so', async (path) => {
    await expect(requestOver(plain.endpoint(), get(path, { method: 'POST', body: 'x' }))).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      message: expect.stringMatching(/before the answer to POST was whole; the server may have done it/),
    });
  });

  test('a request is sent once, also where the connection breaks', async () => {
    await using server = await startHttpServer();
    expect(await outcomeCode(requestOver(server.endpoint(), get('/drop')))).toBe('CONNECTION_LOST');
    expect(server.taken.length).toBe(1);
  });

  test('what was received before the break was given on', async () => {
    const output = collectOutput();
    await expect(requestOver(plain.endpoint(), get('/break'), output.sink)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    expect(output.stdout).toBe('half');
  });

  test('twenty requests at once over one session all get their own answers', async () => {
    await using session = await openRestApi(tls.endpoint(), signal);
    const bodies = Array.from({ length: 20 }, (_, index) => `body ${index}`);
    const answers = await Promise.all(
      bodies.map(async (body) => {
        const output = collectOutput();
        await session.request?.(get('/echo', { method: 'POST', body }), output.sink, signal);
        return JSON.parse(output.stdout).body;
      }),
    );
    expect(answers).toEqual(bodies);
  });

  test('a line break in a header is refused and nothing is sent', async () => {
    await using server = await startHttpServer();
    const request = get('/echo', { headers: { 'x-one': 'a\r\nx-two: b' } });
    await expect(requestOver(server.endpoint(), request)).rejects.toMatchObject({ code: 'VALIDATION' });
    expect(server.taken).toEqual([]);
  });

  test('a closed session is not open and takes no request', async () => {
    const session = await openRestApi(plain.endpoint(), signal);
    await session[Symbol.asyncDispose]();
    expect(session.isOpen).toBe(false);
    await expect(session.request?.(get('/'), async () => undefined, signal)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });
});
