import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWorkerProcess } from '../support/cli-process.ts';
import { runJob } from '../support/fleet.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { isIn, untilResults } from '../support/until-results.ts';

const WAIT = { action_type: 'wait', action_name: 'rest', action_parameters: { seconds: 1_000 } };

describe('the stack traces of workflows', () => {
  let platform: TestPlatform;
  let target: string;
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
    const method = {
      method_type: 'ssh',
      host: '127.0.0.1',
      credential: { credential_type: 'password', username: 'nobody', password: 'none' },
    };
    const { body } = await platform.api('POST', '/api/v1/targets', { name: 'never reached', methods: [method] });
    target = body.target_serial;
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  /** What the Temporal UI would show of a branch that waits, as its Call Stack; and what its worker printed. */
  const traceOfWait = async (env: Record<string, string>): Promise<{ trace: string; printed: string }> => {
    const worker = await startWorkerProcess(platform, env);
    const { serial } = await runJob(platform, [target], [WAIT]);
    await untilResults(platform, serial, isIn('rest', 'running'));
    const branch = platform.client.workflow.getHandle(`${serial}/b/${target}`);
    const trace = await branch.query('__stack_trace').catch((error: unknown) => error);
    await platform.api('POST', `/api/v1/executions/${serial}/cancel`);
    await platform.untilEnded(serial);
    await worker.end('SIGTERM');
    return { trace: String(trace), printed: worker.output() };
  };

  test('are off: the query says so, and the worker makes no noise about it', async () => {
    const { trace, printed } = await traceOfWait({});
    expect(trace).toContain('not enabled on this worker');
    expect(printed.split('\n').filter((line) => line !== '' && !line.startsWith('{'))).toEqual([]);
  });

  test('are there when they are asked for', async () => {
    const { trace } = await traceOfWait({ OPSCONDUCTOR_STACK_TRACES: 'true' });
    expect(trace).toContain('workflows/run-control.ts');
  });
});
