import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint, HttpRequest, LoginSecret } from '../../src/contracts/transport.ts';
import type { OpsError } from '../../src/domain/ops-error.ts';
import { createOpenRestApi } from '../../src/transports/rest_api/open-rest-api.ts';
import type { OutputSink } from '../../src/transports/transport.ts';
import { abortedAs } from '../support/aborted-as.ts';
import { createAuthority } from '../support/certificate-authority.ts';
import type { CertificateAuthority } from '../support/certificate-authority.ts';
import { collectOutput } from '../support/collect-output.ts';
import { freePort } from '../support/free-port.ts';
import { sha256, someBytes, startHttpServer } from '../support/http-fixture.ts';
import type { HttpFixture } from '../support/http-fixture.ts';
import { outcomeCode } from '../support/outcome-code.ts';
import { createCertificate } from '../support/tls-certificate.ts';

type ClientCertificate = Extract<LoginSecret, { type: 'client_certificate' }>;

const signal = new AbortController().signal;
const openRestApi = createOpenRestApi(async () => []);
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

  test.each([
    ['GET', '/silent', 'ended', 'only reads'],
    ['HEAD', '/silent', 'ended', 'only reads'],
    ['GET', '/hang', 'ended', 'only reads'],
    ['POST', '/silent', 'unknown', 'was sent and not answered: the server may have done it'],
    ['POST', '/hang', 'unknown', 'was sent and was answered with status 200, and not to the end: the server may have done it'],
    ['DELETE', '/silent', 'unknown', 'Look there before it is sent again'],
  ] as const)('an abort ends %s %s on the server too, and tells what became of it: %s', async (method, path, work, says) => {
    await using server = await startHttpServer();
    const abort = new AbortController();
    const output = collectOutput();
    const requested = abortedAs(requestOver(server.endpoint(), get(path, { method }), output.sink, abort.signal));
    await (path === '/hang' ? output.until('begun') : server.asked(path));
    abort.abort(new Error('enough'));
    expect(await requested).toMatchObject({ work, reason: 'enough', says: expect.stringContaining(says) });
    await server.closed;
  });

  test('a request that waits for a free connection is given up without having been sent', async () => {
    await using server = await startHttpServer();
    await using session = await openRestApi(server.endpoint(), signal);
    const [busy, late] = [new AbortController(), new AbortController()];
    const send = (path: string, abort: AbortController) =>
      abortedAs(session.request?.(get(path, { method: 'POST', body: 'x' }), collectOutput().sink, abort.signal));
    const paths = Array.from({ length: 16 }, (_, index) => `/silent?${index}`);
    const taken = paths.map((path) => send(path, busy));
    await Promise.all(paths.map((path) => server.asked(path)));
    const waiting = send('/echo', late);
    late.abort(new Error('late'));
    expect(await waiting).toEqual({ work: 'not_sent', reason: 'late', says: 'Nothing was sent.' });
    busy.abort(new Error('enough'));
    expect(await Promise.all(taken)).toEqual(paths.map(() => expect.objectContaining({ work: 'unknown' })));
    expect(server.taken.some(({ path }) => path === '/echo')).toBe(false);
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

describe('certificates of the client', () => {
  let folder: string;
  let authority: CertificateAuthority;
  let stranger: CertificateAuthority;
  let server: HttpFixture;
  let own: ClientCertificate;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'opsc-client-'));
    [authority, stranger] = [createAuthority(folder, 'authority'), createAuthority(folder, 'stranger')];
    own = authority.issue();
    server = await startHttpServer({ tls: true, clients: authority.pem });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  /** A server that refuses by the alerts of TLS, which Node's own does not. */
  const startAlertingServer = async () => {
    const { certificateFile, keyFile, pem } = createCertificate(folder, 'IP:127.0.0.1');
    const port = await freePort();
    const files = ['-cert', certificateFile, '-key', keyFile, '-CAfile', authority.file];
    const child = spawn('openssl', ['s_server', '-accept', `127.0.0.1:${port}`, ...files, '-Verify', '2', '-verify_return_error', '-www']);
    await new Promise<void>((resolve) => child.stdout.on('data', (text) => String(text).includes('ACCEPT') && resolve()));
    return {
      endpoint: (secret?: Endpoint['secret']): Endpoint => ({ ...server.endpoint({ ca_certificate: pem }, secret), port }),
      async [Symbol.asyncDispose]() {
        child.kill();
        await once(child, 'close');
      },
    };
  };

  test('a server that asks for one lets it in, and the login beside it arrives', async () => {
    await expect(probeOver(server.endpoint({}, own))).resolves.toBe('GET / was answered with status 200.');
    const output = collectOutput();
    const login = { credential_type: 'api_token', token: 't0ken' } as const;
    await requestOver(server.endpoint({}, { ...own, login }), get('/echo'), output.sink);
    expect(JSON.parse(output.stdout).headers.authorization).toBe('Bearer t0ken');
    await using session = await openRestApi(server.endpoint({}, { ...own, login }), signal);
    expect(session.login).toMatch(/^Connected to https:.* with a client certificate and with a token$/);
  });

  test('a chain and an encrypted key with its passphrase are let in, too', async () => {
    const locked = authority.issue({ passphrase: 'open sesame' });
    expect(locked.private_key).toContain('ENCRYPTED');
    const chain = { ...locked, certificate: `${locked.certificate}${authority.pem}` };
    await expect(probeOver(server.endpoint({}, chain))).resolves.toContain('200');
  });

  test('without one the server is not reached, and the error says what it wants', async () => {
    // With TLS 1.2 the answer comes within the handshake, so nothing races it.
    await using older = await startHttpServer({ tls: true, clients: authority.pem, maxVersion: 'TLSv1.2' });
    await expect(probeOver(older.endpoint())).rejects.toMatchObject({
      code: 'PROTOCOL_ERROR',
      message: expect.stringContaining('Does the server want a certificate of this client?'),
    });
    await using alerting = await startAlertingServer();
    expect(['LOGIN_REJECTED', 'CONNECTION_LOST']).toContain(await outcomeCode(probeOver(alerting.endpoint())));
    expect(older.taken).toEqual([]);
  });

  test('one of another issuer is refused, before anything was sent', async () => {
    await using alerting = await startAlertingServer();
    const refused = openRestApi(alerting.endpoint(stranger.issue()), signal);
    await expect(refused).rejects.toMatchObject({
      code: 'LOGIN_REJECTED',
      message: expect.stringMatching(/the server does not accept the certificate of this client.*Nothing was done there/),
    });
    await expect(probeOver(alerting.endpoint(own))).resolves.toContain('200');
    // Node cuts the connection without a word: before, or just after, it has sent what says that it accepts.
    const before = server.taken.length;
    expect(['LOGIN_REJECTED', 'CONNECTION_LOST']).toContain(await outcomeCode(probeOver(server.endpoint({}, stranger.issue()))));
    expect(server.taken.length).toBe(before);
  });

  test('one that cannot be shown is told before a connection is made, without the key', async () => {
    const other = authority.issue();
    const locked = authority.issue({ passphrase: 'open sesame' });
    const cases: [string, ClientCertificate, RegExp][] = [
      ['expired', authority.issue({ days: -1 }), /certificate has expired, on /],
      ['another key', { ...own, private_key: other.private_key }, /private_key does not belong to the certificate/],
      ['no key', { ...own, private_key: 'SECRET' }, /private_key is not a private key in PEM form/],
      ['no passphrase', { ...locked, passphrase: undefined }, /passphrase is missing/],
      ['a wrong passphrase', { ...locked, passphrase: 'SECRET' }, /passphrase does not open the private key/],
    ];
    const connected: Socket[] = [];
    await using listener = await startSocketServer((socket) => void connected.push(socket));
    for (const [what, secret, says] of cases) {
      const opened = openRestApi({ ...server.endpoint({}, secret), port: listener.port }, signal);
      const error = await opened.then(
        () => undefined,
        (cause: unknown) => cause as OpsError,
      );
      expect([what, error?.code, error?.message]).toEqual([what, 'KEY_UNUSABLE', expect.stringMatching(says)]);
      expect(error?.message).not.toMatch(/SECRET|sesame|BEGIN/);
    }
    expect(connected).toEqual([]);
  });
});
