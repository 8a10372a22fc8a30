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
oracledb.defaults.fetch_lobs = False
oracledb.defaults.fetch_decimals = True
oracledb.defaults.prefetchrows = oracledb.defaults.arraysize = 100
shown = lambda v: str(v) if v is not None else None
def cancel_when_told(connection, port):
    socket.create_connection(('127.0.0.1', port)).recv(1)
    connection.cancel()
def answer(connection, text, values, signal):
    with connection.cursor() as cursor:
        try:
            if text.startswith('hangs'): threading.Thread(target=cancel_when_told, args=[connection, signal]).start()
            cursor.execute(text, values)
            sets = [len(list(found)) for found in cursor.getimplicitresults()] if text.startswith('begin gives') else []
            if sets or cursor.warning: return {'sets': sets, 'warning': cursor.warning and cursor.warning.full_code}
            return {'rows': [[shown(v) for v in row] for row in cursor]} if cursor.description else {'count': cursor.rowcount}
        except oracledb.Error as error:
            return {'error': error.args[0].full_code, 'says': error.args[0].message}
def talk(ask):
    try:
        with oracledb.connect(user=ask['user'], password=ask['password'], tcp_connect_timeout=20, host=ask['host'], port=ask['port'],
                              protocol=ask['protocol'], service_name=ask['service'], wallet_location=ask.get('wallet')) as connection:
            connection.autocommit = True
            answers = [answer(connection, text, values, ask.get('signal')) for text, values in ask['statements']]
            connection.ping()
            return {'version': connection.version, 'answers': answers}
    except oracledb.Error as error:
        return {'refused': str(error)}
print(json.dumps([talk(ask) for ask in json.load(sys.stdin)]))
`;

type Statements = readonly (readonly [string, readonly unknown[]])[];

const READABLE = Object.entries(ROWS).filter(([, { python }]) => python !== undefined);

interface Ask {
  server: TnsServer;
  statements?: Statements;
  fields?: Record<string, unknown>;
}

/** What the client found with each of these, one after the other. */
const ask = async (...asks: readonly Ask[]): Promise<unknown[]> => {
  const known = { user: USER, password: PASSWORD, service: 'sales', host: '127.0.0.1', protocol: 'tcp' };
  const input = asks.map(({ server: { port }, statements = [], fields }) => ({ ...known, port, statements, ...fields }));
  return JSON.parse(await runPython(CLIENT, input)) as unknown[];
};

const folder = mkdtempSync(join(tmpdir(), 'ops-pyoracledb-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(withoutPython('oracledb'))('The double of Oracle, as python-oracledb sees it', () => {
  test.each([
    ['19c', '19.3.0.0.0'],
    ['23ai', '23.4.0.0.0'],
  ] as const)('%s: every type of value is read as it was meant, and bound values arrive', async (release, version) => {
    await using server = await startOracle({ release });
    const values = [`'; DROP TABLE t; --`, 7, -(2 ** 40), 0.5, null, 'ü'.repeat(5_000)];
    const update = 'update changed 1 set a = :1, b = :2, c = :3, d = :4, e = :5, f = :6';
    const [found] = await ask({
      server,
      statements: [
        ...READABLE.flatMap(([name]) => [[`select row ${name}`, []] as const, [`select null ${name}`, []] as const]),
        [update, values],
        [update, values],
        ['begin called(:1, :2, :3, :4, :5, :6); end;', values],
      ],
    });
    const answers = READABLE.flatMap(([, { python }]) => [{ rows: [[python]] }, { rows: [[null]] }]);
    expect(found).toEqual({ version, answers: [...answers, { count: 1 }, { count: 1 }, { count: 0 }] });
    const arrived = [values[0], '7', '-1099511627776', '0.5', null, values[5]];
    expect(server.statements.slice(-3)).toMatchObject([1, 2, 3].map(() => ({ values: arrived, isCommitted: true })));
    expect(server.counts).toMatchObject({ pings: 1, goodbyes: 1 });
  });

  test('changes, many rows, rows with repeated values, errors and a cancel are understood, and the connection goes on', async () => {
    await using server = await startOracle();
    const signal = createServer().listen(0, '127.0.0.1');
    await once(signal, 'listening');
    const connected = once(signal, 'connection') as Promise<[Socket]>;
    void Promise.all([connected, server.untilAsked('hangs')]).then(([[socket]]) => socket.end('x'));
    const texts = [
      'select error 942',
      'update changed 250',
      'select many 250',
      'hangs',
      'insert error 1',
      'select twins',
      'begin gives(250); end;',
      'create invalid',
    ];
    const fields = { signal: (signal.address() as AddressInfo).port };
    const [found] = await ask({ server, statements: texts.map((text) => [text, []]), fields });
    signal.close();
    expect(found).toMatchObject({
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
        { sets: [250, 1] },
        { warning: 'DPY-7000' },
      ],
    });
    expect(server.counts.breaks).toBe(1);
  });

  test('wrong logins, closed accounts, unknown services and cut connections are refused, and TLS is spoken', async () => {
    const certificate = createCertificate(folder, 'DNS:localhost');
    // The client takes its authorities from a folder.
    writeFileSync(join(folder, 'ewallet.pem'), certificate.pem);
    await using server = await startOracle();
    await using locked = await startOracle({ release: '19c', closedBy: { error: 28000, message: 'The account is locked.' } });
    await using cut = await startOracle({ stops: { at: 'login', by: 'cut' } });
    await using secured = await startOracle({ tls: { key: readFileSync(certificate.keyFile, 'utf8'), cert: certificate.pem } });
    const found = await ask(
      { server, fields: { password: 'wrong' } },
      { server, fields: { user: 'nobody' } },
      { server, fields: { service: 'nowhere' } },
      { server: locked },
      { server: cut },
      { server: secured, statements: [['select row decimal', []]], fields: { protocol: 'tcps', host: 'localhost', wallet: folder } },
    );
    const refused = ['ORA-01017', 'ORA-01017', 'DPY-6001', 'ORA-28000', 'DPY-4011'].map((code) => ({
      refused: expect.stringContaining(code),
    }));
    expect(found).toMatchObject([...refused, { answers: [{ rows: [[ROWS['decimal']?.python]] }] }]);
  });
});
