import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runPython, withoutPython } from '../support/python-clients.ts';
import { createCertificate } from '../support/tls-certificate.ts';
import { startWinrmDouble } from '../support/winrm-double.ts';
import type { DoubleOptions } from '../support/winrm-double.ts';

const USER = 'anna';
/** The Basic of pywinrm knows only Latin-1. */
const PASSWORDS = { ntlm: 'Pa$$w0rd "ä', basic: 'Pa$$w0rd "' };

const CLIENT = `
import json, sys, winrm
from winrm.exceptions import InvalidCredentialsError
ask = json.load(sys.stdin)
session = winrm.Session(ask['url'], auth=(ask['user'], ask['password']), transport=ask['transport'], server_cert_validation='ignore')
try:
    answer = session.run_cmd(ask['command'])
    print(json.dumps({'code': answer.status_code, 'out': answer.std_out.decode(), 'err': answer.std_err.decode()}))
except InvalidCredentialsError:
    print(json.dumps({'refused': True}))
`;

const folder = mkdtempSync(join(tmpdir(), 'opsc-pywinrm-'));
const certificate = createCertificate(folder, 'IP:127.0.0.1');
const tls = { key: readFileSync(certificate.keyFile, 'utf8'), cert: certificate.pem };
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Way {
  name: string;
  scheme: 'http' | 'https';
  transport: 'ntlm' | 'basic';
  options: Partial<DoubleOptions>;
}
const WAYS: Way[] = [
  { name: 'NTLM with sealed messages over http', scheme: 'http', transport: 'ntlm', options: {} },
  { name: 'NTLM over https', scheme: 'https', transport: 'ntlm', options: { tls } },
  { name: 'Basic over https', scheme: 'https', transport: 'basic', options: { tls, offers: ['Basic'] } },
];

describe.skipIf(withoutPython('winrm'))('the double of WinRM is taken for a Windows host by pywinrm', () => {
  const ask = async ({ scheme, transport, options }: Way, command: string, wrong?: string) => {
    await using double = await startWinrmDouble({ users: { [USER]: PASSWORDS[transport] }, ...options });
    const url = `${scheme}://127.0.0.1:${double.port}/wsman`;
    const answer: unknown = JSON.parse(
      await runPython(CLIENT, { url, user: USER, password: wrong ?? PASSWORDS[transport], transport, command }),
    );
    return { answer, isReadable: double.wire().includes('out-text') };
  };

  test.each(WAYS)('$name: output, errors and exit code', async (way) => {
    const { answer, isReadable } = await ask(way, 'echo out-text; echo err-text >&2; exit 7');
    expect(answer).toEqual({ code: 7, out: 'out-text\n', err: 'err-text\n' });
    // What TLS carries is recorded before it.
    expect(isReadable).toBe(way.scheme === 'https');
  });

  test.each(WAYS)('$name: a wrong password is refused', async (way) => {
    expect((await ask(way, 'echo never', 'wrong')).answer).toEqual({ refused: true });
  });
});
