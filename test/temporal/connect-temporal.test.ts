import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parseConfig } from '../../src/config.ts';
import { connectTemporalClient } from '../../src/temporal/connect-temporal.ts';
import { registerSearchAttributes } from '../../src/temporal/prepare-namespace.ts';
import { startTestPlatform } from '../support/platform.ts';
import { createTlsFiles, startTemporalTlsProxy } from '../support/temporal-tls-proxy.ts';
import type { TlsFiles } from '../support/temporal-tls-proxy.ts';

const NAME = 'temporal.test';
const API_KEY = 'key-of-a-test';

describe('a Temporal server behind TLS that wants a client certificate and an API key', () => {
  let folder: string;
  let files: TlsFiles;
  let proxy: Awaited<ReturnType<typeof startTemporalTlsProxy>>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'opsc-temporal-tls-'));
    files = createTlsFiles(folder, NAME);
    proxy = await startTemporalTlsProxy(files, { to: inject('temporalAddress'), apiKey: API_KEY, refused: ['AddSearchAttributes'] });
  });
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const environment = () => ({
    TEMPORAL_ADDRESS: proxy.address,
    TEMPORAL_API_KEY: API_KEY,
    TEMPORAL_TLS_CA: files.ca,
    TEMPORAL_TLS_CERT: files.client.cert,
    TEMPORAL_TLS_KEY: files.client.key,
    TEMPORAL_TLS_SERVER_NAME: NAME,
  });
  const serverOf = (env: Record<string, string | undefined>) => {
    const { temporal } = parseConfig(env);
    if (temporal === undefined) throw new Error('no server is named');
    return temporal;
  };

  test('lets client and worker in: a workflow is started and runs', async () => {
    await using platform = await startTestPlatform({ temporal: serverOf(environment()) });
    const { client, taskQueuePrefix } = platform;
    const done = await client.workflow.execute('reconcileWorkflow', {
      workflowId: `reconcile-${taskQueuePrefix}`,
      taskQueue: `${taskQueuePrefix}-wf`,
    });
    expect(done).toEqual(expect.any(Object));
  });

  test('that does not let us add search attributes is used if they are there; else it is said what to add, and how', async () => {
    const client = await connectTemporalClient(serverOf(environment()));
    await registerSearchAttributes(client);
    const namespace = `bare-${randomUUID()}`;
    await client.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: { seconds: 86_400 as never } });
    const bare = await connectTemporalClient(serverOf({ ...environment(), TEMPORAL_NAMESPACE: namespace }));
    await expect(registerSearchAttributes(bare)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/lacks the search attributes OpsJobId, OpsExecutionId, .* add them as Keyword/),
    });
    await Promise.all([client.connection.close(), bare.connection.close()]);
  });

  test('is not reached with half of it; the settings to look at are named, no secret is', { timeout: 30_000 }, async () => {
    const changes: Record<string, string | undefined>[] = [
      { TEMPORAL_API_KEY: 'another' },
      { TEMPORAL_TLS_CERT: undefined, TEMPORAL_TLS_KEY: undefined },
      { TEMPORAL_TLS_CA: undefined },
      { TEMPORAL_TLS_SERVER_NAME: 'other.test' },
    ];
    // Side by side: the client tries some of them again until its time is over.
    const refused = await Promise.allSettled(changes.map((change) => connectTemporalClient(serverOf({ ...environment(), ...change }))));
    for (const end of refused) {
      const reason = { code: 'UNAVAILABLE', message: expect.stringMatching(/TEMPORAL_TLS_ and TEMPORAL_API_KEY/) };
      expect(end).toMatchObject({ status: 'rejected', reason });
      expect(JSON.stringify(end)).not.toContain(API_KEY);
    }
  });
});

test.each([
  [{ TEMPORAL_TLS_CERT: 'a.pem' }, 'TEMPORAL_TLS_KEY: is missing beside TEMPORAL_TLS_CERT'],
  [{ TEMPORAL_TLS_KEY: 'a.key' }, 'TEMPORAL_TLS_CERT: is missing beside TEMPORAL_TLS_KEY'],
  [{ TEMPORAL_TLS: 'false', TEMPORAL_API_KEY: 'secret-key' }, 'TEMPORAL_TLS: must not be off with TEMPORAL_API_KEY'],
])('half of the settings is refused: %j', (env, message) => {
  expect(() => parseConfig({ TEMPORAL_ADDRESS: '127.0.0.1:7233', ...env })).toThrow(message);
});
