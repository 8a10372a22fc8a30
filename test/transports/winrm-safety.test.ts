import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/contracts/transport.ts';
import { OpsError } from '../../src/domain/ops-error.ts';
import { createOpenSession } from '../../src/transports/open-session.ts';
import { buildProgram } from '../support/run-built-program.ts';
import { createCertificate } from '../support/tls-certificate.ts';
import { startWinrmDouble } from '../support/winrm-double.ts';
import type { DoubleOptions, WinrmDouble } from '../support/winrm-double.ts';

const USER = 'anna';
const PASSWORD = 'Pa$$w0rd "ä';
const never = new AbortController().signal;
const open = createOpenSession();

const folder = mkdtempSync(join(tmpdir(), 'opsc-winrm-safety-'));
const certificate = createCertificate(folder, 'DNS:windows.example.org');
const tls = { key: readFileSync(certificate.keyFile, 'utf8'), cert: certificate.pem };
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const endpointOf = (port: number, config: Record<string, unknown> = {}, username = USER): Endpoint => ({
  methodType: 'winrm',
  host: '127.0.0.1',
  port,
  config,
  hostKeyFingerprint: undefined,
  platform: 'windows',
  connectTimeoutMs: 5_000,
  keepAliveMs: 0,
  secret: { type: 'password', username, password: PASSWORD },
});

const errorOf = async (promise: Promise<unknown>): Promise<OpsError> => {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (cause: unknown) => cause,
  );
  if (error instanceof OpsError) return error;
  throw error;
};

const withDouble = async (options: Partial<DoubleOptions>, use: (double: WinrmDouble) => Promise<void>): Promise<void> => {
  await using double = await startWinrmDouble({ users: { [USER]: PASSWORD }, ...options });
  await use(double);
};

/** Every form in which a password could be read on the wire. */
const readablePasswords = [PASSWORD, `${USER}:${PASSWORD}`].flatMap((text) => [
  text,
  Buffer.from(text).toString('base64').replace(/=+$/, ''),
  Buffer.from(text, 'utf16le').toString('latin1'),
]);
const expectNoPassword = (double: WinrmDouble): void => {
  const wire = double.wire();
  for (const text of readablePasswords) expect(wire.includes(text) || wire.includes(Buffer.from(text, 'latin1'))).toBe(false);
};

describe('a password over http', () => {
  test('is not in what a login by NTLM sends', () =>
    withDouble({}, async (double) => {
      await using session = await open(endpointOf(double.port), never);
      expect(session.isOpen).toBe(true);
      expectNoPassword(double);
    }));

  test('is not given to a server that asks for Basic only', () =>
    withDouble({ offers: ['Basic'], allowUnencrypted: true }, async (double) => {
      const error = await errorOf(open(endpointOf(double.port), never));
      expect(error.code).toBe('LOGIN_REJECTED');
      expect(error.message).toContain('it offers Basic');
      expect(double.wire().length).toBeGreaterThan(0);
      expectNoPassword(double);
    }));

  test('is not sent by Basic: nothing is, unless the method allows it', () =>
    withDouble({ offers: ['Basic'], allowUnencrypted: true }, async (double) => {
      expect((await errorOf(open(endpointOf(double.port, { transport: 'basic' }), never))).code).toBe('VALIDATION');
      expect(double.wire().length).toBe(0);
      await using session = await open(endpointOf(double.port, { transport: 'basic', allow_unencrypted: true }), never);
      expect(session.login).toContain('password and output not encrypted');
    }));
});

test('an answer that is not encrypted is not believed', () =>
  withDouble({ instead: (action) => (action === 'Identify' ? { status: 200 } : undefined) }, async (double) => {
    const error = await errorOf(open(endpointOf(double.port), never));
    expect(error.code).toBe('PROTOCOL_ERROR');
    expect(error.message).toContain('not encrypted');
  }));

test.each(['ntlm', 'basic'])('a refused user by %s is told all reasons that Windows keeps to itself', (transport) =>
  withDouble({ tls, offers: ['Negotiate', 'Basic'] }, async (double) => {
    const config = { transport, protocol: 'https', verify_ssl: false };
    const error = await errorOf(open(endpointOf(double.port, config, 'bob'), never));
    expect(error).toMatchObject({ code: 'LOGIN_REJECTED', category: 'authentication' });
    expect(error.message).toContain('user bob');
    expect(error.message).toMatch(/locked, disabled/);
    expect(error.message).not.toContain(PASSWORD);
  }),
);

describe('a certificate for another name', () => {
  const trusted = { protocol: 'https', ca_certificate: certificate.pem };

  test('is refused although its issuer is trusted, and nothing is sent', () =>
    withDouble({ tls }, async (double) => {
      const error = await errorOf(open(endpointOf(double.port, trusted), never));
      expect(error.code).toBe('CERTIFICATE_REFUSED');
      expect(double.wire().length).toBe(0);
    }));

  test('is accepted where the method expects that name', () =>
    withDouble({ tls }, async (double) => {
      await using session = await open(endpointOf(double.port, { ...trusted, server_name: 'windows.example.org' }), never);
      expect(session.login).toContain('ntlm over https');
    }));
});

test('a login that somebody in between brings to another certificate is refused by the server', async () => {
  const other = createCertificate(mkdtempSync(join(folder, 'other-')), 'DNS:windows.example.org');
  // The double expects logins that are bound to this certificate, but shows the other one.
  await withDouble({ tls, shows: { key: readFileSync(other.keyFile, 'utf8'), cert: other.pem } }, async (double) => {
    const error = await errorOf(open(endpointOf(double.port, { protocol: 'https', verify_ssl: false }), never));
    expect(error.code).toBe('LOGIN_REJECTED');
  });
});

test('every byte arrives as it was, on both streams', () =>
  withDouble({}, async (double) => {
    await using session = await open(endpointOf(double.port), never);
    const got = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    const octets = Array.from({ length: 256 }, (_, byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
    const program = buildProgram({ text: `printf '${octets}'; printf '${octets}' >&2` });
    const exit = await session.run?.(
      program,
      async (stream, chunk) => {
        got[stream].push(chunk);
      },
      never,
    );
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    expect(exit).toEqual({ exitCode: 0, signal: null });
    expect(Buffer.concat(got.stdout).equals(all)).toBe(true);
    expect(Buffer.concat(got.stderr).equals(all)).toBe(true);
  }));
