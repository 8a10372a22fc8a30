import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/contracts/transport.ts';
import { createOpenSession } from '../../src/transports/open-session.ts';
import { runJob } from '../support/fleet.ts';
import { startFerretdb, withoutFerretdb } from '../support/mongodb-fixture.ts';
import { PASSWORD, startDouble, USER } from '../support/tds-fixture.ts';
import { PASSWORD as ORACLE_PASSWORD, startOracle, USER as ORACLE_USER } from '../support/tns-fixture.ts';
import { sqlEndpoint } from '../transports/support/sql.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { pythonSqlite } from '../support/python-sqlite.ts';
import { startRedis, withoutRedis } from '../support/redis-fixture.ts';

const query = (text: string, parameters: Record<string, unknown> = {}, fields: Record<string, unknown> = {}) => ({
  action_type: 'database',
  action_name: text.slice(0, 100),
  action_parameters: { query: text, ...parameters },
  ...fields,
});

/** What would do harm wherever a value became text of a statement, a command line, or JSON. */
const HOSTILE = [`'; DROP TABLE things; --`, '"a" b\r\nFLUSHALL\r\n', '{"$gt":""}', '\\ $(id) `id` ü😀'];

describe('database actions of a run (SQLite, SQL Server, Oracle, Redis, MongoDB)', () => {
  let platform: TestPlatform;
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'ops-sqlite-run-')));
    file = join(folder, 'things.db');
    mkdirSync(join(folder, 'own'));
    const database = new DatabaseSync(file);
    database.exec('CREATE TABLE things (v TEXT, n INTEGER)');
    database.close();
    platform = await startTestPlatform({ openSession: createOpenSession({ sqlite: { allowed: folder, own: join(folder, 'own') } }) });
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const add = async (name: string, method: object): Promise<string> => {
    const { status, body } = await platform.api('POST', '/api/v1/targets', { name, methods: [method] });
    if (status !== 201) throw new Error(JSON.stringify(body));
    return body.target_serial;
  };
  const addServer = (name: string, { methodType, host, port, config, secret }: Endpoint): Promise<string> => {
    const { type, ...fields } = secret ?? { type: '' };
    return add(name, { method_type: methodType, host, port, config, credential: { credential_type: type, ...fields } });
  };
  const run = async (target: string, actions: object[], fields: Record<string, unknown> = {}) => {
    const { serial } = await runJob(platform, [target], actions, fields);
    await platform.untilEnded(serial);
    return (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body.data;
  };

  test('SQLite: hostile values arrive as data, Python reads them, and a wrong statement fails with the reason', async () => {
    const target = await add('sqlite', { method_type: 'sqlite', config: { database_path: file } });
    const tested = await platform.api('POST', `/api/v1/targets/${target}/test`, {});
    expect(tested.body).toMatchObject({ result: 'success', message: expect.stringContaining(`SQLite ${process.versions.sqlite}`) });
    const inserts = HOSTILE.map((v, n) =>
      query('INSERT INTO things VALUES (${params.v}, ${params.n})', { queryType: 'INSERT', parameters: { v, n } }),
    );
    const results = await run(target, [...inserts, query('SELECT v FROM things WHERE v = ${NAME}'), query('SELECT absent')], {
      variables: [{ key: 'NAME', value: HOSTILE[0] }],
    });
    expect(results.at(-2)).toMatchObject({ status: 'completed', result_output: `{"v":${JSON.stringify(HOSTILE[0])}}\n` });
    expect(results.at(-1)).toMatchObject({
      status: 'failed',
      error_code: 'QUERY_INVALID',
      result_error: expect.stringContaining('no such column'),
    });
    expect(JSON.parse(await pythonSqlite(file, 'print(json.dumps(c.execute("SELECT v, n FROM things ORDER BY n").fetchall()))'))).toEqual(
      HOSTILE.map((v, n) => [v, n]),
    );
  });

  test('SQLite: by a connectionString from the worker; a procedure is refused when the job is saved', async () => {
    const target = await add('elsewhere', { method_type: 'sqlite', config: { database_path: join(folder, 'none.db') } });
    const connectionString = `sqlite://${file}`;
    const [result] = await run(target, [query('SELECT 1 AS one', { connectionString })]);
    expect(result).toMatchObject({ status: 'completed', result_output: '{"one":1}\n' });
    await expect(run(target, [query('x', { connectionString, queryType: 'STORED_PROCEDURE' })])).rejects.toThrow(
      'SQLite has no stored procedures',
    );
  });

  test('SQLite: a cancel ends an endless statement', async () => {
    const target = await add('endless', { method_type: 'sqlite', config: { database_path: file } });
    const endless =
      'INSERT INTO things WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT printf(${params.width}, n), n FROM c';
    const before = await pythonSqlite(file, 'print(c.execute("SELECT count(*) FROM things").fetchall())');
    const { serial } = await runJob(platform, [target], [query(endless, { parameters: { width: '%1000d' } })]);
    while (!existsSync(`${file}-journal`)) await new Promise(setImmediate);
    await platform.api('POST', `/api/v1/executions/${serial}/cancel`, {});
    expect((await platform.untilEnded(serial)).status).toBe('cancelled');
    expect(await pythonSqlite(file, 'print(c.execute("SELECT count(*) FROM things").fetchall())')).toBe(before);
  });

  test('SQL Server (a double): hostile values arrive as data, and a wrong statement fails with the reason', async () => {
    await using server = await startDouble();
    const secret = { type: 'password', username: USER, password: PASSWORD } as const;
    const target = await addServer('mssql', sqlEndpoint('mssql', server.port, { config: { encrypt: 'no' }, secret }));
    const tested = await platform.api('POST', `/api/v1/targets/${target}/test`, {});
    expect(tested.body).toMatchObject({ result: 'success', message: expect.stringContaining('SQL Server 16.0.1') });
    const inserts = HOSTILE.map((v) => query('INSERT changed 1 ${params.v}', { queryType: 'INSERT', parameters: { v } }));
    const results = await run(target, [...inserts, query('SELECT row decimal'), query('SELECT error 208')]);
    expect(server.statements.filter(({ text }) => text.startsWith('INSERT')).map(({ values }) => Object.values(values))).toEqual(
      HOSTILE.map((v) => [v]),
    );
    expect(results.at(-2)).toMatchObject({ status: 'completed', result_output: '{"v":"-123456789012345678.9012345678"}\n' });
    expect(results.at(-1)).toMatchObject({
      status: 'failed',
      error_code: 'QUERY_INVALID',
      result_error: expect.stringContaining('error 208'),
    });
  });

  test('Oracle (a double): hostile values arrive as data, a procedure is called, a wrong statement fails with the reason, a cancel ends one', async () => {
    await using server = await startOracle();
    const secret = { type: 'password', username: ORACLE_USER, password: ORACLE_PASSWORD } as const;
    const target = await addServer('oracle', sqlEndpoint('oracle', server.port, { config: { service_name: 'sales' }, secret }));
    const tested = await platform.api('POST', `/api/v1/targets/${target}/test`, {});
    expect(tested.body).toMatchObject({
      result: 'success',
      message: expect.stringContaining('Oracle Database 23.4.0.0.0; database SALES, user OPS.'),
    });
    const results = await run(target, [
      ...HOSTILE.map((v) => query('INSERT changed 1 ${params.v}', { queryType: 'INSERT', parameters: { v } })),
      query('called(${params.v}, ${params.n})', { queryType: 'STORED_PROCEDURE', parameters: { v: HOSTILE[0], n: 7 } }),
      query('SELECT row nanoseconds'),
      query('SELECT error 942'),
    ]);
    expect(server.statements.filter(({ text }) => text.startsWith('INSERT'))).toMatchObject(HOSTILE.map((v) => ({ values: [v] })));
    expect(server.statements).toContainEqual({
      text: 'BEGIN called(:ops_value_1, :ops_value_2); END;',
      values: [HOSTILE[0], '7'],
      isCommitted: true,
    });
    expect(results.at(-2)).toMatchObject({ status: 'completed', result_output: '{"V":"2024-02-29 23:59:59.999999999"}\n' });
    expect(results.at(-1)).toMatchObject({
      status: 'failed',
      error_code: 'QUERY_INVALID',
      result_error: expect.stringContaining('ORA-00942: table or view does not exist'),
    });
    const { serial } = await runJob(platform, [target], [query('UPDATE hangs')]);
    await server.untilAsked('hangs');
    await platform.api('POST', `/api/v1/executions/${serial}/cancel`, {});
    expect((await platform.untilEnded(serial)).status).toBe('cancelled');
    expect(server.counts.breaks).toBe(1);
  });

  test.skipIf(withoutRedis)('Redis: hostile values arrive as data', async () => {
    await using server = await startRedis();
    const target = await addServer('redis', server.tlsEndpoint());
    const actions = HOSTILE.flatMap((v, n) => [query('SET ${params.k} ${params.v}', { parameters: { k: `key ${n}`, v } })]);
    const reads = HOSTILE.map((_, n) => query('GET ${params.k}', { parameters: { k: `key ${n}` } }));
    const results = await run(target, [...actions, ...reads, query('DBSIZE')]);
    expect(results.slice(HOSTILE.length).map(({ result_output: said }: { result_output: string }) => said)).toEqual([
      ...HOSTILE.map((v) => `${JSON.stringify(v)}\n`),
      `${HOSTILE.length}\n`,
    ]);
  });

  test.skipIf(withoutFerretdb)('MongoDB: hostile values arrive as data, also where an operator could stand', async () => {
    await using server = await startFerretdb();
    const target = await addServer('mongodb', server.tlsEndpoint());
    const inserts = HOSTILE.map((v, n) =>
      query('{"insert":"things","documents":[{"_id":${params.n},"v":${params.v}}]}', { parameters: { v, n } }),
    );
    const reads = HOSTILE.map((v) => query('{"find":"things","filter":{"v":${params.v}}}', { parameters: { v } }));
    const results = await run(target, [...inserts, ...reads]);
    expect(results.slice(HOSTILE.length).map(({ result_output: said }: { result_output: string }) => JSON.parse(said) as unknown)).toEqual(
      HOSTILE.map((v, n) => ({ _id: n, v })),
    );
  });
});
