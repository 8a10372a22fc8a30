import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Sequelize } from 'sequelize';
import { expect, test } from 'vitest';
import { connectDatabase } from '../../src/db/connect.ts';
import { assertMigrated, migrate, readMigrations } from '../../src/db/migrate.ts';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { createTestDatabase } from '../support/database.ts';
import { addTargets, command, runJob, startFleet } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { Answer } from '../support/platform.ts';
import { openClient } from '../support/open-client.ts';
import { dumpedTables, writeDump } from './support/write-dump.ts';

const file = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const DUMPS = (await readdir(file('test/dumps'))).filter((name) => name.endsWith('.sql')).toSorted();
/** Version whose dump is to be written: RECORD_DUMP=1.2.3 */
const RECORDED = process.env['RECORD_DUMP'];

const countRows = async (db: Sequelize): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { table } of await dumpedTables(db)) {
    if (table === 'schema_migrations') continue;
    counts[table] = (await selectRow<{ rows: number }>(db, `SELECT count(*)::int AS rows FROM ${table}`))?.rows ?? 0;
  }
  return counts;
};

/** What would be another one on each machine, and means nothing to an upgrade. */
const STRIP = `
  SET session_replication_role = replica;
  UPDATE users SET password_hash = '!';
  UPDATE target_communication_methods SET host = '192.0.2.' || id, port = 22, host_key_fingerprint = 'SHA256:' || repeat('A', 43) WHERE host IS NOT NULL;
  RESET session_replication_role;`;

/** A bit of everything that this version writes, through its API and its worker. */
const useEverything = async (): Promise<void> => {
  await using platform = await startTestPlatform();
  await using fleet = await startFleet();
  const send = async (method: string, path: string, body: unknown): Promise<Answer['body']> => {
    const answer = await platform.api(method, `/api/v1${path}`, body);
    expect(answer, JSON.stringify(answer.body)).toMatchObject({ status: expect.toBeOneOf([200, 201, 202]) });
    return answer.body;
  };
  const targets = await addTargets(platform, fleet, 3);
  await send('POST', `/targets/${targets[0]}/test`, {});
  await send('POST', '/auth/tokens', { name: 'dump', scopes: ['jobs.read'] });
  const definition = {
    name: 'all of it',
    targets,
    variables: [
      { key: 'WORD', value: 'hello' },
      { key: 'SECRET', value: 'not to be seen', is_secret: true },
    ],
    actions: [
      command('echo "$WORD"; echo two >&2'),
      { action_type: 'script', action_name: 'script', action_parameters: { scriptType: 'sh', scriptContent: 'echo three' } },
      command('test "$TARGET_NAME" != host-2 || exit 3', { retry_count: 1, retry_delay_seconds: 1 }),
    ],
  };
  const { job_serial: job } = await send('POST', '/jobs', definition);
  await platform.untilEnded((await send('POST', `/jobs/${job}/executions`, {})).execution_serial);
  await send('PUT', `/jobs/${job}`, { ...definition, priority: 1 });
  await platform.untilEnded((await send('POST', `/jobs/${job}/executions`, { targets: targets.slice(0, 1) })).execution_serial);
  const slow = await runJob(platform, targets.slice(0, 1), [command('sleep 60')], { name: 'slow' });
  await send('POST', `/executions/${slow.serial}/cancel`, {});
  await platform.untilEnded(slow.serial);
  await platform.db.query(STRIP);
  await writeDump(platform.db, file(`test/dumps/${RECORDED}.sql`));
};

test.runIf(RECORDED !== undefined)('records the dump of this version', useEverything);

test('every released version has a dump', async () => {
  const released = [...(await readFile(file('CHANGELOG.md'), 'utf8')).matchAll(/^## (\d+\.\d+\.\d+)/gm)].map(
    ([, version]) => `${version}.sql`,
  );
  expect(DUMPS).toEqual(expect.arrayContaining(['0.1.0.sql', ...released]));
});

test.each(DUMPS)('a database of %s is upgraded with all its rows', async (dump) => {
  await using database = await createTestDatabase('empty');
  {
    await using client = await openClient(database.url);
    await client.query(await readFile(file(`test/dumps/${dump}`), 'utf8'));
  }
  const db = connectDatabase({ url: database.url, poolSize: 2, applicationName: 'test' });
  try {
    const before = await countRows(db);
    for (const table of [
      'universal_targets',
      'jobs',
      'job_actions',
      'job_executions',
      'job_execution_branches',
      'job_action_results',
      'job_execution_logs',
      'audit_events',
    ])
      expect(before[table], table).toBeGreaterThan(0);
    await migrate(db, 'test', undefined, { allowDestructive: true });
    expect(await countRows(db)).toMatchObject(before);
    await assertMigrated(db);
    const ledger = await selectRows(db, 'SELECT name, checksum FROM schema_migrations ORDER BY name');
    expect(ledger).toEqual((await readMigrations()).map(({ name, checksum }) => ({ name, checksum })));
    expect(await migrate(db, 'test')).toEqual([]);
  } finally {
    await db.close();
  }
});
