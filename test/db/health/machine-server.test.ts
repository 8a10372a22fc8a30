import { once } from 'node:events';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseHealth } from '../../../src/contracts/database-health.ts';
import { connectDatabase } from '../../../src/db/connect.ts';
import { readHealth } from '../../../src/db/health/read-health.ts';
import { execute } from '../../../src/db/query.ts';
import { startCli } from '../../support/cli-process.ts';
import { withoutMachinePostgres } from '../../support/machine-postgres.ts';
import { startMachineTemplate } from '../../support/machine-template.ts';
import type { MachineTemplate } from '../../support/machine-template.ts';
import { namesOf } from '../support/health-database.ts';

const healthOf = async (url: string, ...before: string[]): Promise<DatabaseHealth> => {
  const db = connectDatabase({ url, poolSize: 1, applicationName: 'health' });
  try {
    for (const statement of before) await execute(db, statement);
    return await readHealth(db);
  } finally {
    await db.close();
  }
};

describe.skipIf(withoutMachinePostgres)('on the PostgreSQL of the machine', () => {
  let server: MachineTemplate;
  beforeAll(async () => {
    server = await startMachineTemplate(['max_connections=20', 'superuser_reserved_connections=4']);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test('the migrated schema is well, and the answer has the same form', async () => {
    const health = await healthOf(server.templateUrl);
    expect(namesOf(health.findings)).toEqual(['statements_unavailable pg_stat_statements']);
    expect(DatabaseHealth.strict().parse(health)).toEqual(health);
  });

  test('a library that is not loaded is told, with the extension and without it', async () => {
    const without = (await healthOf(server.templateUrl)).findings[0];
    expect(without).toMatchObject({
      sentence: 'The slowest statements cannot be told: the server has not loaded pg_stat_statements.',
      suggestion: 'Add pg_stat_statements to shared_preload_libraries and restart the server, then create the extension here.',
      statement: 'CREATE EXTENSION pg_stat_statements;',
    });
    const created = (await healthOf(server.templateUrl, 'CREATE EXTENSION pg_stat_statements')).findings[0];
    expect(created).toMatchObject({ sentence: without?.sentence, suggestion: expect.stringMatching(/restart the server\.$/) });
    expect(created).not.toHaveProperty('statement');
  });

  test('connections that are nearly used up are critical', async () => {
    const clients = Array.from({ length: 14 }, () => new Client({ connectionString: server.templateUrl, application_name: 'crowd' }));
    await Promise.all(clients.map((client) => client.connect()));
    try {
      const warned = await healthOf(server.templateUrl);
      expect(warned.connections).toMatchObject({ max: 20, reserved: 4, used: 15 });
      expect(warned.findings[0]).toMatchObject({ kind: 'connections', severity: 'warning', facts: { used: 15 } });
      const last = new Client({ connectionString: server.templateUrl, application_name: 'crowd' });
      clients.push(last);
      await last.connect();
      const { findings } = await healthOf(server.templateUrl);
      expect(findings[0]).toMatchObject({ kind: 'connections', severity: 'critical' });
      expect(findings[0]?.sentence).toMatch(
        /^16 of 16 connections are taken \(100 %; 4 more are for superusers\)\. crowd has 15, health has 1\./,
      );
      const cli = startCli(['db', 'health'], { DATABASE_URL: server.templateUrl });
      expect(await once(cli.child, 'close')).toEqual([1, null]);
      expect(cli.output()).toContain('Critical (1)\n  16 of 16 connections are taken');
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  });
});

test.skipIf(withoutMachinePostgres)('on the PostgreSQL of the machine with the library, the slowest statements are told', async () => {
  await using server = await startMachineTemplate(['shared_preload_libraries=pg_stat_statements']);
  const { slowest_statements: statements, findings } = await healthOf(
    server.templateUrl,
    'CREATE EXTENSION pg_stat_statements',
    'SELECT count(*) AS found FROM generate_series(1, 1000000)',
  );
  expect(findings).toEqual([]);
  expect(statements).toContainEqual(
    expect.objectContaining({ text: 'SELECT count(*) AS found FROM generate_series($1, $2)', calls: 1, rows: 1 }),
  );
});
