import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { runPython, withoutPython } from '../support/python-clients.ts';
import { createCertificate } from '../support/tls-certificate.ts';
import { PASSWORD, ROWS, startOracle, USER } from '../support/tns-fixture.ts';
import type { TnsServer } from '../support/tns-server.ts';

const CLIENT = `
import json, socket, sys, threading, oracledb
ask = json.load(sys.stdin)
oracledb.defaults.fetch_lobs = False
oracledb.defaults.fetch_decimals = True
oracledb.defaults.prefetchrows = oracledb.defaults.arraysize = 100
shown = lambda v: str(v) if v is not None else None
def cancel_when_told(connection):
    socket.create_connection(('127.0.0.1', ask['signal'])).recv(1)
    connection.cancel()
try:
    with oracledb.connect(user=ask['user'], password=ask['password'], tcp_connect_timeout=20, host=ask.get('host', '127.0.0.1'), port=ask['port'],
                          protocol=ask.get('protocol', 'tcp'), service_name=ask['service'], wallet_location=ask.get('wallet')) as connection:
        connection.autocommit = True
        answers = []
        for text, values in ask['statements']:
            with connection.cursor() as cursor:
                try:
                    if text.startswith('hangs'): threading.Thread(target=cancel_when_told, args=[connection]).start()
                    cursor.execute(text, values)
                    answers.append({'rows': [[shown(v) for v in row] for row in cursor]} if cursor.description else {'count': cursor.rowcount})
                except oracledb.Error as error:
                    answers.append({'error': error.args[0].full_code, 'says': error.args[0].message})
        connection.ping()
        print(json.dumps({'version': connection.version, 'answers': answers}))
except oracledb.Error as error:
    print(json.dumps({'refused': str(error)}))
`;

type Statements = readonly (readonly [string, readonly unknown[]])[];

const ask = async ({ port }: TnsServer, statements: Statements, fields: Record<string, unknown> = {}): Promise<unknown> =>
  JSON.parse(await runPython(CLIENT, { port, user: USER, password: PASSWORD, service: 'sales', statements, ...fields }));

const folder = mkdtempSync(join(tmpdir(), 'ops-pyoracledb-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(withoutPython('oracledb'))('The double of Oracle, as python-oracledb sees it', () => {
  test.each([
    ['19c', '19.3.0.0.0'],
    ['23ai', '23.4.0.0.0'],
  ] as const)('%s: every type of value is read as it was meant', async (release, version) => {
    await using server = await startOracle({ release });
    const statements = Object.keys(ROWS).flatMap((name) => [[`select row ${name}`, []] as const, [`select null ${name}`, []] as const]);
    const answers = Object.values(ROWS).flatMap(({ python }) => [{ rows: [[python]] }, { rows: [[null]] }]);
    expect(await ask(server, statements)).toEqual({ version, answers });
    expect(server.counts).toMatchObject({ pings: 1, goodbyes: 1 });
  });

  test.each(['19c', '23ai'] as const)('%s: bound values arrive, in statements and in blocks', async (release) => {
    await using server = await startOracle({ release });
    const values = [`'; DROP TABLE t; --`, 7, -(2 ** 40), 0.5, null, 'ü'.repeat(5_000)];
    await ask(server, [
      ['update changed 1 set a = :1, b = :2, c = :3, d = :4, e = :5, f = :6', values],
      ['update changed 1 set a = :1, b = :2, c = :3, d = :4, e = :5, f = :6', values],
      ['begin called(:1, :2, :3, :4, :5, :6); end;', values],
    ]);
    const arrived = [values[0], '7', '-1099511627776', '0.5', null, values[5]];
    expect(server.statements).toMatchObject([1, 2, 3].map(() => ({ values: arrived, isCommitted: true })));
  });

  test('changes, many rows, rows with repeated values, errors and a cancel are understood, and the connection goes on', async () => {
    await using server = await startOracle();
    const signal = createServer().listen(0, '127.0.0.1');
    await once(signal, 'listening');
    const connected = once(signal, 'connection') as Promise<[Socket]>;
    void Promise.all([connected, server.untilAsked('hangs')]).then(([[socket]]) => socket.end('x'));
    const statements: Statements = [
      ['select error 942', []],
      ['update changed 250', []],
      ['select many 250', []],
      ['hangs', []],
      ['insert error 1', []],
      ['select twins', []],
    ];
    const answer = await ask(server, statements, { signal: (signal.address() as AddressInfo).port });
    signal.close();
    expect(answer).toMatchObject({
      answers: [
        { error: 'ORA-00942', says: expect.stringContaining('table or view does not exist') },
        { count: 250 },
        { rows: { length: 250 } },
        { error: 'ORA-01013' },
        { error: 'ORA-00001' },
        {
          rows: [
            ['a', 'b', 'c', 'd'],
            ['a', 'e', 'c', 'd'],
          ],
        },
      ],
    });
    expect(server.counts.breaks).toBe(1);
  });

  test.each([
    ['a wrong password', {}, { password: 'wrong' }, 'ORA-01017'],
    ['an unknown user', {}, { user: 'nobody' }, 'ORA-01017'],
    ['a locked account', { closedBy: { error: 28000, message: 'The account is locked.' } }, {}, 'ORA-28000'],
    ['an unknown service', {}, { service: 'nowhere' }, 'DPY-6001'],
    ['a cut login', { stops: { at: 'login', by: 'cut' } }, {}, 'DPY-4011'],
  ] as const)('%s is refused', async (_, options, fields, code) => {
    await using server = await startOracle(options);
    expect(await ask(server, [], fields)).toEqual({ refused: expect.stringContaining(code) });
  });

  test('login and statements go through TLS', async () => {
    const certificate = createCertificate(folder, 'DNS:localhost');
    // The client takes its authorities from a folder.
    writeFileSync(join(folder, 'ewallet.pem'), certificate.pem);
    await using server = await startOracle({ tls: { key: readFileSync(certificate.keyFile, 'utf8'), cert: certificate.pem } });
    const answer = await ask(server, [['select row decimal', []]], { protocol: 'tcps', host: 'localhost', wallet: folder });
    expect(answer).toMatchObject({ answers: [{ rows: [[ROWS['decimal']?.python]] }] });
  });
});
