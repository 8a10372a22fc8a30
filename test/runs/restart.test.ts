import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createReconcileActivities } from '../../src/activities/reconcile.ts';
import { parseConfig } from '../../src/config.ts';
import { connectDatabase } from '../../src/db/connect.ts';
import { migrate } from '../../src/db/migrate.ts';
import { selectRow, selectRows } from '../../src/db/query.ts';
import { findTemporal } from '../../src/embedded/find-temporal.ts';
import { startPostgres } from '../../src/embedded/start-postgres.ts';
import { startTemporal } from '../../src/embedded/start-temporal.ts';
import { connectTemporalClient } from '../../src/temporal/connect-temporal.ts';
import { registerSearchAttributes } from '../../src/temporal/prepare-namespace.ts';
import { platformEnvironment, startCli } from '../support/cli-process.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { untilEvents } from '../support/follow.ts';
import { freePort } from '../support/free-port.ts';
import { startTestPlatform } from '../support/platform.ts';

const quiet = (): void => {};
const BRANCHES = 50;

describe.skipIf(withoutSshd)('restarts in the middle of a run (OpenSSH)', () => {
  let fleet: Fleet;
  let folder: string;
  beforeAll(async () => {
    fleet = await startFleet();
    folder = await mkdtemp(join(tmpdir(), 'opsc-restart-'));
    await chmod(folder, 0o755);
  });
  afterAll(async () => {
    await fleet[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  test('the API killed right after its 202: the run happens', async () => {
    await using platform = await startTestPlatform();
    const targets = await addTargets(platform, fleet, 1);
    const job = await platform.api('POST', '/api/v1/jobs', { name: 'after 202', targets, actions: [command('echo done')] });
    const server = startCli(['server'], { ...platformEnvironment(platform), OPSCONDUCTOR_PORT: '0' });
    await server.until('API is up');
    const url = /"url":"([^"]+)"/.exec(server.output())?.[1];
    const answer = await fetch(`${url}/api/v1/jobs/${job.body.job_serial}/executions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${platform.token}`, 'content-type': 'application/json' },
      body: '{}',
    });
    await server.end('SIGKILL');
    expect(answer.status).toBe(202);
    // It may not have told Temporal any more: the row of the run is what counts.
    await selectRows(platform.db, `UPDATE job_executions SET created_at = now() - interval '2 minutes' RETURNING id`);
    await createReconcileActivities(platform.activities).reconcile();
    expect(await platform.untilEnded(`${job.body.job_serial}.0001`)).toMatchObject({ status: 'completed', completed_branches: 1 });
  });

  test('a run accepted while Temporal was away is started once by the reconciler', async () => {
    await using platform = await startTestPlatform();
    const targets = await addTargets(platform, fleet, 1);
    const { startRun } = platform.services;
    platform.services.startRun = () => Promise.reject(new Error('Temporal is away'));
    const { serial, run } = await runJob(platform, targets, [command('echo done')]);
    platform.services.startRun = startRun;
    expect(run).toMatchObject({ status: 'scheduled', run_id: null });

    const { reconcile } = createReconcileActivities(platform.activities);
    expect(await reconcile()).toMatchObject({ started: 0 });
    await selectRows(
      platform.db,
      `UPDATE job_executions SET created_at = now() - interval '2 minutes' WHERE execution_serial = $1 RETURNING id`,
      [serial],
    );
    const passes = await Promise.all([reconcile(), reconcile(), reconcile()]);
    expect(passes.some((pass) => (pass.started ?? 0) > 0)).toBe(true);
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'completed', completed_branches: 1 });
  });

  test(
    'Temporal and then Postgres killed in the middle of 50 branches: the run completes, no row twice, none missing',
    { timeout: 150_000 },
    async () => {
      const executable = await findTemporal({ cacheDir: parseConfig().cacheDir, log: quiet });
      const [temporalPort, postgresPort] = [await freePort(), await freePort()];
      const openTemporal = () => startTemporal({ executable, folder, port: temporalPort, uiPort: 0, namespace: 'default', log: quiet });
      const openPostgres = () => startPostgres({ folder, port: postgresPort, log: quiet });
      let [temporal, postgres] = await Promise.all([openTemporal(), openPostgres()]);
      const db = connectDatabase({ url: postgres.url, poolSize: 2, applicationName: 'test' });
      await migrate(db, 'test');
      await db.close();
      const client = await connectTemporalClient({ address: temporal.address, namespace: 'default', apiKey: undefined, tls: undefined });
      await registerSearchAttributes(client);
      await client.connection.close();

      const platform = await startTestPlatform({
        temporalAddress: temporal.address,
        databaseUrl: postgres.url,
        heartbeatTimeoutMs: 15_000,
      });
      const targets = await addTargets(platform, fleet, BRANCHES);
      const { serial } = await runJob(
        platform,
        targets,
        [command('echo first; sleep 0.5'), command('for i in 1 2 3 4 5; do echo line $i; sleep 0.1; done')],
        {
          settings: { max_concurrent_targets: 15 },
        },
      );
      const ended = (seen: { event: string; data: { status: string; branch_serial: string } }) =>
        seen.event === 'branch' && seen.data.status === 'completed' ? seen.data.branch_serial : undefined;
      await untilEvents(platform, serial, 10, ended);
      process.kill(temporal.pid, 'SIGKILL');
      await temporal.onExit;
      temporal = await openTemporal();
      await untilEvents(platform, serial, 25, ended);
      process.kill(postgres.pid, 'SIGKILL');
      await postgres.onExit;
      postgres = await openPostgres();

      const run = await platform.untilEnded(serial);
      // A dying Temporal may hand out an activity that never arrives: such a branch says `lost`, and nothing else may go wrong.
      const unexplained = await selectRows(
        platform.db,
        `SELECT b.branch_serial, b.status, b.error_code, b.result_error FROM job_execution_branches b
       WHERE b.status <> 'completed' AND NOT (b.status = 'failed' AND b.error_code = 'OUTCOME_UNKNOWN')`,
      );
      expect(unexplained).toEqual([]);
      expect(run).toMatchObject({ total_branches: BRANCHES, cancelled_branches: 0 });
      expect(run.completed_branches + run.failed_branches).toBe(BRANCHES);
      expect(run.failed_branches).toBeLessThanOrEqual(2);
      const counted = await selectRow<{ promised: number }>(
        platform.db,
        `WITH done AS (SELECT id, last_line_number FROM job_execution_branches WHERE status = 'completed')
       SELECT (SELECT count(*)::int FROM done) AS branches, count(DISTINCT r.id)::int AS results, count(DISTINCT (r.branch_id, r.action_order))::int AS actions,
         (SELECT count(*)::int FROM job_execution_logs l JOIN done ON done.id = l.branch_id WHERE l.stream = 'stdout') AS lines,
         (SELECT count(DISTINCT (l.branch_id, l.line_number))::int FROM job_execution_logs l JOIN done ON done.id = l.branch_id) AS numbers,
         (SELECT sum(last_line_number)::int FROM done) AS promised
       FROM done JOIN job_action_results r ON r.branch_id = done.id`,
      );
      const done: number = run.completed_branches;
      expect(counted).toMatchObject({ branches: done, results: 2 * done, actions: 2 * done, lines: 6 * done, numbers: counted?.promised });
      await platform[Symbol.asyncDispose]();
      await temporal.stop();
      await postgres.stop();
    },
  );
});
