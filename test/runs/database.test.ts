import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.ts';
import type { TestDatabase } from '../support/database.ts';
import { runJob } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

const query = (text: string, parameters: Record<string, unknown> = {}) => ({
  action_type: 'database',
  action_name: 'ask',
  action_parameters: { query: text, ...parameters },
});

describe('database actions of a run (PostgreSQL)', () => {
  let platform: TestPlatform;
  let database: TestDatabase;
  let target: string;
  let login: { host: string; port: string; username: string; password: string; name: string };
  beforeAll(async () => {
    [platform, database] = await Promise.all([startTestPlatform(), createTestDatabase('empty')]);
    const { hostname: host, port, username, password, pathname } = new URL(database.url);
    login = { host, port, username, password: decodeURIComponent(password), name: pathname.slice(1) };
    const method = {
      method_type: 'postgresql',
      host,
      port: Number(port),
      config: { database: login.name, ssl_mode: 'disable' },
      credential: { credential_type: 'password', username, password: login.password },
    };
    const added = await platform.api('POST', '/api/v1/targets', { name: 'db', methods: [method] });
    if (added.status !== 201) throw new Error(JSON.stringify(added.body));
    target = added.body.target_serial;
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const run = async (action: object, fields: Record<string, unknown> = {}) => {
    const { serial } = await runJob(platform, [target], [action], fields);
    await platform.untilEnded(serial);
    const { data } = (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body;
    return data[0];
  };

  test('values of variables and parameters are bound, and the rows are the output', async () => {
    const variables = [{ key: 'EVIL', value: `'; DROP TABLE t; --` }];
    const result = await run(query('SELECT ${EVIL} || $$$$ AS a, ${params.n}::int AS n', { parameters: { n: 7 } }), { variables });
    expect(result).toMatchObject({
      status: 'completed',
      result_output: `{"a":"'; DROP TABLE t; --","n":7}\n`,
      command_executed: `SELECT $1 || $$$$ AS a, $2::int AS n\n-- $1 = "'; DROP TABLE t; --"\n-- $2 = 7`,
    });
  });

  test('a statement that the server refuses fails with its words', async () => {
    const result = await run(query('SELECT nothing'));
    expect(result).toMatchObject({ status: 'failed', error_code: 'QUERY_INVALID', failure_category: 'configuration', fault: 'definition' });
    expect(result.result_error).toContain('code 42703');
  });

  test('a bound secret is masked on the record', async () => {
    const variables = [{ key: 'TOKEN', value: `it's "secret"`, is_secret: true }];
    const result = await run(query('SELECT length(${TOKEN}) AS n'), { variables });
    expect(result).toMatchObject({ result_output: '{"n":13}\n', command_executed: 'SELECT length($1) AS n\n-- $1 = "********"' });
  });

  test('a statement of another kind than queryType says is not sent', async () => {
    const variables = [{ key: 'VERB', value: '/* SELECT */ CREATE' }];
    const result = await run(query('${raw:VERB} TABLE made (n int)', { queryType: 'SELECT' }), { variables });
    expect(result).toMatchObject({ status: 'failed', error_code: 'VALIDATION', failure_category: 'configuration' });
  });

  test('a connectionString leads from the worker, its password from a secret variable', async () => {
    const connectionString = `postgresql://${login.username}:\${PASSWORD}@${login.host}:${login.port}/${login.name}?ssl_mode=disable`;
    const variables = [{ key: 'PASSWORD', value: login.password, is_secret: true }];
    const result = await run(query('SELECT current_database() AS d', { connectionString }), { variables });
    expect(result).toMatchObject({ status: 'completed', result_output: `{"d":"${login.name}"}\n` });
  });

  test('a wrong option of a connectionString is told without its password', async () => {
    const connectionString = `postgresql://ops:\${PASSWORD}@${login.host}/x?ssl_mode=maybe`;
    const variables = [{ key: 'PASSWORD', value: 'SECRET-password', is_secret: true }];
    const result = await run(query('SELECT 1', { connectionString }), { variables });
    expect(result).toMatchObject({ status: 'failed', error_code: 'VALIDATION' });
    expect(result.result_error).toContain('ssl_mode');
    expect(result.result_error).not.toContain('SECRET');
  });
});
