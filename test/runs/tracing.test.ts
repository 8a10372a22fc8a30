import { readFileSync, readdirSync } from 'node:fs';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLog } from '../../src/cli/log.ts';
import { parseConfig } from '../../src/config.ts';
import { ensureWorkflowBundle } from '../../src/temporal/workflow-bundle.ts';
import { startTracing } from '../../src/tracing/start-tracing.ts';
import { useTracing } from '../../src/tracing/trace.ts';
import type { Tracing } from '../../src/tracing/trace.ts';
import { addTargets, command, startFleet, withoutSshd } from '../support/fleet.ts';
import type { Fleet } from '../support/fleet.ts';
import { startOtlpCollector } from '../support/otlp-collector.ts';
import type { SeenSpan } from '../support/otlp-collector.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { FOLDER, replay } from '../workflows/support/histories.ts';

const SECRET = 'swordfish-8d1f';

describe.skipIf(withoutSshd)('a run that is traced and logged (OpenSSH)', () => {
  let collector: Awaited<ReturnType<typeof startOtlpCollector>>;
  let tracing: Tracing;
  let bundlePath: string;
  let platform: TestPlatform;
  let fleet: Fleet;
  let logged = '';
  beforeAll(async () => {
    collector = await startOtlpCollector();
    tracing = await startTracing(collector.url, 'test');
    bundlePath = await ensureWorkflowBundle(parseConfig().cacheDir, () => {});
    const log = createLog('trace', { write: (line) => void (logged += line) });
    [platform, fleet] = await Promise.all([startTestPlatform({ bundlePath, log }), startFleet()]);
  }, 180_000);
  afterAll(async () => {
    useTracing(undefined);
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
    await collector[Symbol.asyncDispose]();
  });

  test('is one trace from the request over workflows and activities to statements, and nowhere is a secret', async () => {
    const targets = await addTargets(platform, fleet, 2);
    const definition = {
      name: 'traced',
      targets,
      variables: [{ key: 'WORD', value: SECRET, is_secret: true }],
      actions: [command('echo {{WORD}}; echo {{WORD}} >&2')],
    };
    const { body: job } = await platform.api('POST', '/api/v1/jobs', definition);
    const trace = 'a'.repeat(32);
    const parent = { traceparent: `00-${trace}-${'b'.repeat(16)}-01`, 'x-request-id': 'the-request' };
    const { body: run } = await platform.api('POST', `/api/v1/jobs/${job.job_serial}/executions`, {}, parent);
    const ended = await platform.untilEnded(run.execution_serial);
    expect(ended.status).toBe('completed');
    // Its span ends a little after its row.
    await platform.client.workflow.getHandle(run.workflow_id).result();
    await tracing.flush();

    const mine = collector.spans.filter((span) => span.trace === trace);
    const byId = new Map(mine.map((span) => [span.id, span]));
    const pathOf = (span: SeenSpan): string[] => {
      const above = byId.get(span.parent);
      return [...(above === undefined ? [] : pathOf(above)), span.name];
    };
    const paths = new Set(mine.map((span) => pathOf(span).join(' > ')));
    const start = 'POST startExecution > StartWorkflow jobWorkflow > RunWorkflow jobWorkflow';
    expect(paths).toContain('POST startExecution > INSERT job_executions');
    expect(paths).toContain(`${start} > RunActivity planTargets`);
    expect([...paths]).toContainEqual(
      expect.stringMatching(new RegExp(`^${start} > RunWorkflow branchWorkflow > RunActivity runAction > \\w+ job_action_results$`)),
    );
    expect(collector.bytes()).not.toContain(SECRET);
    expect(logged).not.toContain(SECRET);
    expect(logged).not.toContain(platform.token);
    expect(logged).not.toContain(platform.admin.password);
    const lines = logged
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toContainEqual(
      expect.objectContaining({ msg: 'request', requestId: 'the-request', operation: 'startExecution', status: 202, user: 'admin' }),
    );
  });

  test('what an activity logs has the ids of its run, and what is secret by its name is not told', async () => {
    let text = '';
    const log = createLog('info', { write: (line) => void (text += line) });
    log.warn({ password: SECRET, request: { authorization: SECRET, body: { token: SECRET } } }, 'careless');
    expect(text).not.toContain(SECRET);
    expect(JSON.parse(text)).toMatchObject({ password: '***', request: { authorization: '***', body: { token: '***' } } });
  });

  test('histories that were recorded without traces replay with them', async () => {
    const histories = readdirSync(FOLDER)
      .filter((name) => name.endsWith('.json'))
      .map((name) => ({ workflowId: name, history: historyFromJSON(JSON.parse(readFileSync(`${FOLDER}${name}`, 'utf8'))) }));
    expect(await replay(histories, bundlePath)).toEqual([]);
  });
});
