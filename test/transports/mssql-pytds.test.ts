import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runPython, withoutPython } from '../support/python-clients.ts';
import { PASSWORD, ROWS, startDouble, USER } from '../support/tds-fixture.ts';
import type { TdsServer } from '../support/tds-server.ts';
import { createCertificate } from '../support/tls-certificate.ts';

const CLIENT = `
import json, sys, pytds
ask = json.load(sys.stdin)
try:
    with pytds.connect('127.0.0.1', port=ask['port'], user=ask['user'], password=ask['password'], database=ask['database'],
                       cafile=ask.get('ca'), validate_host=False, autocommit=True, disable_connect_retry=True, login_timeout=20) as connection:
        with connection.cursor() as cursor:
            answers = []
            for text, values in ask['statements']:
                try:
                    cursor.execute(text, tuple(values)) if values else cursor.execute(text)
                    rows = cursor.fetchall() if cursor.description else None
                    answers.append({'rows': rows and [[str(v) if v is not None else None for v in row] for row in rows], 'count': cursor.rowcount})
                except pytds.DatabaseError as error:
                    answers.append({'error': error.msg_no, 'says': error.message})
            print(json.dumps({'answers': answers}))
except pytds.Error as error:
    print(json.dumps({'refused': str(error)}))
`;

const folder = mkdtempSync(join(tmpdir(), 'ops-pytds-'));
const certificate = createCertificate(folder, 'IP:127.0.0.1');
const tls = { key: readFileSync(certificate.keyFile, 'utf8'), cert: certificate.pem };
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Statements = readonly (readonly [string, readonly unknown[]])[];

const ask = async ({ port }: TdsServer, statements: Statements, fields: Record<string, unknown> = {}): Promise<unknown> =>
  JSON.parse(await runPython(CLIENT, { port, user: USER, password: PASSWORD, database: 'master', statements, ...fields }));

describe.skipIf(withoutPython('pytds'))('The double of SQL Server, as python-tds sees it', () => {
  test('every type of value is read as it was meant', async () => {
    await using server = await startDouble();
    const statements = Object.keys(ROWS).flatMap((name) => [[`row ${name}`, []] as const, [`null ${name}`, []] as const]);
    const answers = Object.values(ROWS).flatMap(({ python }) => [
      { rows: [[python]], count: 1 },
      { rows: [[null]], count: 1 },
    ]);
    expect(await ask(server, statements)).toEqual({ answers });
  });

  test('bound values arrive', async () => {
    await using server = await startDouble();
    const values = [`'; DROP TABLE t; --`, 7, 2 ** 40, true, 'ü'.repeat(5_000)];
    await ask(server, [[`changed 1 %s %s %s %s %s`, values]]);
    expect(Object.values(server.statements.at(-1)?.values ?? {})).toEqual([values[0], 7, 2n ** 40n, true, values[4]]);
  });

  test('changes, many rows and errors are understood, and the connection goes on', async () => {
    await using server = await startDouble();
    const answer = await ask(server, [
      ['error 208', []],
      ['changed 250', []],
      ['many 3', []],
    ]);
    expect(answer).toMatchObject({
      answers: [{ error: 208, says: expect.stringContaining('the server says 208') }, { rows: null, count: 250 }, { rows: { length: 3 } }],
    });
  });

  test.each([
    ['a wrong password', { password: 'wrong' }, 'Login failed'],
    ['an unknown database', { database: 'nowhere' }, 'Cannot open database'],
  ])('%s is refused', async (_, fields, says) => {
    await using server = await startDouble();
    expect(JSON.stringify(await ask(server, [['changed 1', []]], fields))).toContain(says);
  });
});

describe.skipIf(withoutPython('pytds') || withoutPython('OpenSSL'))('The double of SQL Server over TLS, as python-tds sees it', () => {
  // The chain is verified; of the name python-tds asks with a call that pyOpenSSL has no more.
  test('login and statements go through TLS', async () => {
    await using server = await startDouble({ tls });
    const answer = await ask(server, [['row decimal', []]], { ca: certificate.certificateFile });
    expect(answer).toMatchObject({ answers: [{ rows: [[ROWS['decimal']?.python]] }] });
  });
});
