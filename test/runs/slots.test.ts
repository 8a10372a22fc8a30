import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import { saysLine, untilEvents } from '../support/follow.ts';
import { createTestDatabase } from '../support/database.ts';
import { connectDatabase } from '../../src/db/connect.ts';
import { execute } from '../../src/db/query.ts';
import { startTestPlatform } from '../support/platform.ts';

const setLimit = async (url: string, limit: number): Promise<void> => {
  const db = connectDatabase({ url, poolSize: 1, applicationName: 'test' });
  await execute(db, `UPDATE system_settings SET setting_value = $1::jsonb WHERE setting_key = 'max_concurrent_jobs'`, [String(limit)]);
  await db.close();
};

describe.skipIf(withoutSshd)('max_concurrent_jobs (OpenSSH)', () => {
  test('with one run at once the next begins when the first has ended, by priority', async () => {
    await using database = await createTestDatabase();
    await setLimit(database.url, 1);
    await using fleet = await startFleet();
    await using platform = await startTestPlatform({ databaseUrl: database.url });
    const targets = await addTargets(platform, fleet, 1);
    const wait = command(`echo begun; while [ ! -e ${fleet.folder}/go ]; do sleep 0.1; done`);
    const first = await runJob(platform, targets, [wait]);
    await untilEvents(platform, first.serial, 1, saysLine('begun'));
    const low = await runJob(platform, targets, [command('true')], { priority: 9 });
    const high = await runJob(platform, targets, [command('true')], { priority: 1 });
    // Both have asked for a slot when their workflow is known.
    await Promise.all(
      [low, high].map(({ serial }) =>
        untilEvents(platform, serial, 1, (seen) => (typeof seen.data.run_id === 'string' ? seen.id : undefined)),
      ),
    );
    for (const { serial } of [low, high])
      expect((await platform.api('GET', `/api/v1/executions/${serial}`)).body).toMatchObject({ status: 'scheduled', started_at: null });

    writeFileSync(`${fleet.folder}/go`, '');
    const [one, two, three] = await Promise.all([first, high, low].map(({ serial }) => platform.untilEnded(serial)));
    expect([one.status, two.status, three.status]).toEqual(['completed', 'completed', 'completed']);
    expect(two.started_at >= one.completed_at).toBe(true);
    expect(three.started_at >= two.completed_at).toBe(true);
  });
});
