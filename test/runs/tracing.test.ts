import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLog } from '../../src/cli/log.ts';
import { parseConfig } from '../../src/config.ts';
import { selectRows } from '../../src/db/query.ts';
import { ensureWorkflowBundle } from '../../src/temporal/workflow-bundle.ts';
import { startTracing } from '../../src/tracing/start-tracing.ts';
import { useTracing } from '../../src/tracing/trace.ts';
import type { Tracing } from '../../src/tracing/trace.ts';
import { createOpenSession } from '../../src/transports/open-session.ts';
import type { OpenSession } from '../../src/transports/transport.ts';
import { platformEnvironment, startCli } from '../support/cli-process.ts';
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
    const open = createOpenSession({ deniedNetworks: async () => [] });
    const openSession: OpenSession = (...session) => {
      log.info('a session is opened');
      return open(...session);
    };
    [platform, fleet] = await Promise.all([startTestPlatform({ bundlePath, log, openSession }), startFleet()]);
  }, 180_000);
  afterAll(async () => {
    useTracing(undefined);
    await platform[Symbol.asyncDispose]();
    await fleet[Symbol.asyncDispose]();
    await collector[Symbol.asyncDispose]();
  });

  const linesOf = (fields: Record<string, unknown>): Record<string, unknown>[] =>
    logged
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => Object.entries(fields).every(([name, value]) => line[name] === value));

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
    // Who has the id of a request finds its run, and all that was logged of it.
    const { execution } = linesOf({ msg: 'request', requestId: 'the-request' })[0] ?? {};
    expect(execution).toBe(run.execution_serial);
    expect(linesOf({ execution }).map(({ msg }) => msg)).toEqual(expect.arrayContaining(['request', 'a session is opened']));
    expect(linesOf({ msg: 'request', requestId: 'the-request' })).toEqual([
      expect.objectContaining({ operation: 'startExecution', status: 202, user: 'admin' }),
    ]);
    const branches = await selectRows<{ workflow_id: string; run_id: string }>(
      platform.db,
      'SELECT b.workflow_id, b.run_id FROM job_execution_branches b JOIN job_executions e ON e.id = b.job_execution_id WHERE e.execution_serial = $1',
      [run.execution_serial],
    );
    for (const { workflow_id: workflowId, run_id: runId } of branches)
      expect(linesOf({ msg: 'a session is opened', workflowId })).toEqual([
        expect.objectContaining({ runId, execution, activity: 'runAction', activityId: expect.any(String), attempt: 1 }),
      ]);
    expect(branches).toHaveLength(2);
  });

  test.each<[string, Record<string, string>, boolean]>([
    ['sends its traces to the endpoint, under the name that it is given', { OTEL_SERVICE_NAME: 'ops-of-the-test' }, true],
    ['sends none when they are switched off', { OTEL_SDK_DISABLED: 'true' }, false],
    ['sends none when there is no exporter', { OTEL_TRACES_EXPORTER: 'none' }, false],
    ['sends none that the sampler leaves out', { OTEL_TRACES_SAMPLER: 'always_off' }, false],
  ])('a server that finds OTEL_ variables in its environment %s', async (_, variables, isTraced) => {
    const endpoint = collector.url.replace('/v1/traces', '');
    const env = { ...platformEnvironment(platform), OPSCONDUCTOR_PORT: '0', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...variables };
    const server = startCli(['server'], env);
    await server.until('API is up');
    const [, url] = /"url":"([^"]+)"/.exec(server.output()) ?? [];
    const trace = randomBytes(16).toString('hex');
    const answer = await fetch(`${url}/api/v1/auth/oidc`, { headers: { traceparent: `00-${trace}-${'b'.repeat(16)}-01` } });
    expect(answer.status).toBe(200);
    // What it has not sent by now it sends before it ends.
    expect(await server.end('SIGTERM')).toBe(0);
    const names = collector.spans.filter((span) => span.trace === trace).map(({ name }) => name);
    expect(names.some((name) => name.startsWith('GET '))).toBe(isTraced);
    if (isTraced) expect(collector.bytes()).toContain(Object.values(variables)[0]);
    else expect(names).toEqual([]);
  });

  test('what is secret by its name is not told', async () => {
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
