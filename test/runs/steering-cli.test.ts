import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { serve } from '@hono/node-server';
import type { ServerType } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startCli } from '../support/cli-process.ts';
import { addTargets, command, runJob, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { saysLine, untilEvents } from '../support/follow.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

describe.skipIf(withoutSshd)('steering from the command line (OpenSSH)', () => {
  let platform: TestPlatform;
  let fleet: Fleet;
  let server: ServerType;
  let url: string;
  let targets: string[];
  beforeAll(async () => {
    [platform, fleet] = await Promise.all([startTestPlatform(), startFleet()]);
    targets = await addTargets(platform, fleet, 3);
    await new Promise<void>((resolve) => {
      server = serve({ fetch: platform.app.fetch, hostname: '127.0.0.1', port: 0 }, (info) => {
        url = `http://127.0.0.1:${info.port}`;
        resolve();
      });
    });
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
  });

  /** Runs a command to its end. @returns exit code and all that it printed. */
  const cli = async (...args: string[]): Promise<{ code: number; output: string }> => {
    const process = startCli(args, { OPSCONDUCTOR_URL: url, OPSCONDUCTOR_TOKEN: platform.token });
    const [code] = (await once(process.child, 'close')) as [number];
    return { code, output: process.output() };
  };

  test('a run is paused, changed, resumed, one target of it cancelled and run again; locks are shown', { timeout: 120_000 }, async () => {
    const go = `${fleet.folder}/cli-go`;
    const { serial } = await runJob(platform, targets, [command(`echo begun; while [ ! -e ${go} ]; do sleep 0.1; done`)], {
      settings: { max_concurrent_targets: 2 },
    });
    await untilEvents(platform, serial, 2, saysLine('begun'));
    expect(await cli('runs', 'pause', serial, '--note', 'a look')).toMatchObject({ code: 0, output: expect.stringContaining('is paused') });
    expect((await cli('runs', 'show', serial)).output).toContain('paused by a person');
    const again = await cli('runs', 'pause', serial);
    expect(again.code).not.toBe(0);
    expect(again.output).toContain('is paused already');
    expect((await cli('runs', 'change', serial, '--window', '3', '--stop-after', '50%')).output).toContain('3 targets at once');
    expect((await cli('runs', 'cancel', serial, '--target', 'host-1')).code).toBe(0);
    await untilEvents(platform, serial, 1, (seen) => (seen.event === 'branch' && seen.data.status === 'cancelled' ? seen.id : undefined));
    expect((await cli('runs', 'retry', serial, '--target', 'host-1')).output).toContain('run again');
    const locks = await cli('runs', 'locks');
    expect(locks.output).toMatch(/host-2 .*holds .*\.0002/);

    const waiting = await runJob(platform, targets.slice(1, 2), [command('true')]);
    await untilEvents(platform, waiting.serial, 1, (seen) =>
      seen.event === 'branch' && seen.data.hold_reason === 'lock' ? seen.id : undefined,
    );
    expect((await cli('runs', 'show', waiting.serial)).output).toContain(`held by ${serial}.0002`);

    writeFileSync(go, '');
    expect((await cli('runs', 'resume', serial)).code).toBe(0);
    expect(await platform.untilEnded(serial)).toMatchObject({
      status: 'completed',
      completed_branches: 3,
      max_concurrent_targets: 3,
      rollout: { stop_after_failures: { percent: 50 } },
    });
    expect((await platform.untilEnded(waiting.serial)).status).toBe('completed');
  });

  test('a run is started with a rollout, and its next batch approved or rejected', async () => {
    const { body: job } = await platform.api('POST', '/api/v1/jobs', {
      name: 'in batches',
      targets,
      actions: [command('true')],
      settings: { rollout: { between_batches: { approvers: [{ type: 'role', value: 'admin' }] } } },
    });
    const started = await cli('jobs', 'run', job.job_serial, '--batches', '1,100%');
    const serial = /J\d+\.\d+/.exec(started.output)?.[0] ?? '';
    await untilEvents(platform, serial, 1, (seen) =>
      seen.event === 'execution' && seen.data.hold_reason === 'approval' ? seen.id : undefined,
    );
    expect((await cli('runs', 'show', serial)).output).toContain('waits for an approval');
    expect((await cli('runs', 'reject', serial, '--note', 'no')).output).toContain('ends without its next batch');
    expect(await platform.untilEnded(serial)).toMatchObject({ status: 'failed', error_code: 'ROLLOUT_REJECTED', completed_branches: 1 });
  });
});
