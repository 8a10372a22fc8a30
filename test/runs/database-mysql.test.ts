import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runJob } from '../support/fleet.ts';
import { startMariadb, withoutMariadb } from '../support/mariadb-fixture.ts';
import type { MariadbFixture } from '../support/mariadb-fixture.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

const query = (text: string, parameters: Record<string, unknown> = {}) => ({
  action_type: 'database',
  action_name: text.slice(0, 100),
  action_parameters: { query: text, ...parameters },
});

const HOSTILE = [`'; DROP TABLE things; --`, `\\' OR 1=1 #`, '"a" `b`\r\n ü😀'];

describe.skipIf(withoutMariadb)('database actions of a run (MariaDB)', () => {
  let platform: TestPlatform;
  let server: MariadbFixture;
  let target: string;
  beforeAll(async () => {
    [platform, server] = await Promise.all([startTestPlatform(), startMariadb()]);
    await server.administer('CREATE TABLE things.things (n int, v text CHARACTER SET utf8mb4)');
    const { host, port, config } = server.endpoint();
    const credential = { credential_type: 'password', username: 'ops', password: server.password };
    const method = { method_type: 'mysql', host, port, config, credential };
    const added = await platform.api('POST', '/api/v1/targets', { name: 'maria', methods: [method] });
    if (added.status !== 201) throw new Error(JSON.stringify(added.body));
    target = added.body.target_serial;
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const run = async (actions: object[], fields: Record<string, unknown> = {}) => {
    const { serial } = await runJob(platform, [target], actions, fields);
    await platform.untilEnded(serial);
    return (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body.data;
  };

  test('a connection test tells the version of the server', async () => {
    const { body } = await platform.api('POST', `/api/v1/targets/${target}/test`, {});
    expect(body).toMatchObject({ result: 'success', message: expect.stringContaining('MariaDB') });
  });

  test('hostile values arrive as data, and a wrong statement fails with the reason', async () => {
    const inserts = HOSTILE.map((v, n) =>
      query('INSERT INTO things VALUES (${params.n}, ${params.v})', { queryType: 'INSERT', parameters: { n, v } }),
    );
    const results = await run([...inserts, query('SELECT n FROM things WHERE v = ${NAME}'), query('SELEC 1')], {
      variables: [{ key: 'NAME', value: HOSTILE[1] }],
    });
    expect(results.at(-2)).toMatchObject({ status: 'completed', result_output: '{"n":1}\n' });
    expect(results.at(-1)).toMatchObject({ status: 'failed', error_code: 'QUERY_INVALID', result_error: expect.stringContaining('1064') });
    const rows = await server.administer('SELECT v FROM things.things ORDER BY n');
    expect(rows.map(({ v }) => String(v))).toEqual(HOSTILE);
  });

  test('a connectionString leads from the worker, its password from a secret variable', async () => {
    const connectionString = `mariadb://ops:\${PASSWORD}@127.0.0.1:${server.port}/things?ssl_mode=required`;
    const variables = [{ key: 'PASSWORD', value: server.password, is_secret: true }];
    const [result] = await run([query('SELECT database() AS d', { connectionString })], { variables });
    expect(result).toMatchObject({ status: 'completed', result_output: '{"d":"things"}\n' });
  });

  test('a cancel of the run, and a timeout of the action, end the statement on the server', async () => {
    const { serial } = await runJob(platform, [target], [query(`SELECT SLEEP(600), 'cancelled run'`)]);
    await server.untilRunning('cancelled run', 1);
    await platform.api('POST', `/api/v1/executions/${serial}/cancel`, {});
    expect((await platform.untilEnded(serial)).status).toBe('cancelled');
    await server.untilRunning('cancelled run', 0);
    const [late] = await run([{ ...query(`SELECT SLEEP(600), 'late run'`), timeout_seconds: 1 }]);
    expect(late).toMatchObject({ error_code: 'ACTION_TIMED_OUT' });
    await server.untilRunning('late run', 0);
  });
});
