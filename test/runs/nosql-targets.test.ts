import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/contracts/transport.ts';
import { startElasticsearch, withoutElasticsearch } from '../support/elasticsearch-fixture.ts';
import { startFerretdb, withoutFerretdb } from '../support/mongodb-fixture.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';
import { startRedis, withoutRedis } from '../support/redis-fixture.ts';

describe('connection tests of stored targets', () => {
  let platform: TestPlatform;
  beforeAll(async () => {
    platform = await startTestPlatform({ worker: false });
  });
  afterAll(() => platform[Symbol.asyncDispose]());

  /** Stores a target and has its connection tested. */
  const testTarget = async (name: string, { methodType, host, port, config, secret }: Endpoint) => {
    const { type, ...fields } = secret ?? { type: undefined };
    const credential = type === undefined ? {} : { credential: { credential_type: type, ...fields } };
    const method = { method_type: methodType, host, port, config, ...credential };
    const added = await platform.api('POST', '/api/v1/targets', { name, methods: [method] });
    expect(added.status).toBe(201);
    const path = `/api/v1/targets/${added.body.target_serial}`;
    const { body } = await platform.api('POST', `${path}/test`, {});
    // Two targets at one place are refused.
    await platform.api('DELETE', path);
    return body;
  };
  const wrong = { type: 'password', username: 'ann', password: 'hunter2-not-it' } as const;

  test.skipIf(withoutRedis)('Redis: the right login passes and tells the version, a wrong one fails without its password', async () => {
    await using server = await startRedis();
    expect(await testTarget('redis', server.tlsEndpoint())).toMatchObject({
      result: 'success',
      message: expect.stringMatching(/Redis \d/),
    });
    const failed = await testTarget('wrong redis', server.tlsEndpoint({}, wrong));
    expect(failed).toMatchObject({ result: 'failure', message: expect.stringContaining('the server refused user ann') });
    expect(JSON.stringify(failed)).not.toContain('hunter2');
  });

  test.skipIf(withoutFerretdb)(
    'MongoDB: the right login passes and tells the version, a wrong one fails without its password',
    async () => {
      await using server = await startFerretdb();
      expect(await testTarget('mongodb', server.tlsEndpoint())).toMatchObject({
        result: 'success',
        message: expect.stringMatching(/MongoDB \d/),
      });
      const failed = await testTarget('wrong mongodb', server.tlsEndpoint({}, wrong));
      expect(failed).toMatchObject({ result: 'failure', message: expect.stringContaining('the server refused user ann') });
      expect(JSON.stringify(failed)).not.toContain('hunter2');
    },
  );

  test.skipIf(withoutElasticsearch)('Elasticsearch: the test tells version and health', async () => {
    await using server = await startElasticsearch();
    await using guard = await server.startGuard(['authorization', 'Bearer t0ken']);
    const secret = { type: 'api_token', token: 't0ken' } as const;
    const endpoint: Endpoint = {
      ...guard.endpoint({}, secret),
      methodType: 'elasticsearch',
      config: { ssl: true, ca_certificate: guard.pem },
    };
    expect(await testTarget('elasticsearch', endpoint)).toMatchObject({
      result: 'success',
      message: expect.stringContaining('Elasticsearch 7.17.28, cluster opsc-test, health green'),
    });
    const failed = await testTarget('wrong elasticsearch', { ...endpoint, secret: { type: 'api_token', token: 'hunter2' } });
    expect(failed).toMatchObject({ result: 'failure', message: expect.stringContaining('answered 401') });
  });
});
