import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runJob } from '../support/fleet.ts';
import { freePort } from '../support/free-port.ts';
import { startHttpServer } from '../support/http-fixture.ts';
import type { HttpFixture } from '../support/http-fixture.ts';
import { startTestPlatform } from '../support/platform.ts';
import type { TestPlatform } from '../support/platform.ts';

const api = (parameters: Record<string, unknown>, fields: Record<string, unknown> = {}) => ({
  action_type: 'api',
  action_name: 'ask',
  action_parameters: parameters,
  ...fields,
});

const PASSWORD = 'pä"$$ss-of-the-api';

describe('api actions of a run', () => {
  let platform: TestPlatform;
  let server: HttpFixture;
  let target: string;

  const addTarget = async (name: string, fields: Record<string, unknown> = {}): Promise<string> => {
    const method = {
      method_type: 'rest_api',
      host: '127.0.0.1',
      port: server.port,
      config: { protocol: 'https', ca_certificate: server.pem },
      credential: { credential_type: 'password', username: 'ann', password: PASSWORD },
      ...fields,
    };
    const added = await platform.api('POST', '/api/v1/targets', { name, methods: [method] });
    if (added.status !== 201) throw new Error(JSON.stringify(added.body));
    return added.body.target_serial;
  };

  beforeAll(async () => {
    [platform, server] = await Promise.all([startTestPlatform(), startHttpServer({ tls: true })]);
    target = await addTarget('web');
  });
  afterAll(async () => {
    await platform[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const run = async (action: object, fields: Record<string, unknown> = {}, on = target) => {
    const { serial } = await runJob(platform, [on], [action], fields);
    await platform.untilEnded(serial);
    const { data } = (await platform.api('GET', `/api/v1/executions/${serial}/results`)).body;
    return { serial, result: data[0], results: data };
  };

  test('no request goes to a denied network: not by a URL, not by the method of a target, not by the test of one', async () => {
    const metadata = { code: 'ADDRESS_DENIED', address: '169.254.169.254' };
    const denied = { status: 'failed', failure_category: 'configuration', error_code: metadata.code };
    const by = async (parameters: Record<string, unknown>, on?: string) => (await run(api(parameters), {}, on)).result;
    expect(await by({ url: `http://${metadata.address}/latest/meta-data/` })).toMatchObject(denied);
    const method = { method_type: 'rest_api', host: metadata.address, port: 80, config: { protocol: 'http' } };
    expect(await by({ url: '/latest/meta-data/' }, await addTarget('metadata', { ...method, credential: undefined }))).toMatchObject(
      denied,
    );
    const tested = await platform.api('POST', '/api/v1/targets/test-method-config', { os_type: 'linux', method });
    expect(tested.body).toMatchObject({ result: 'failure', error_code: metadata.code, failure_category: 'configuration' });
  });

  test('a request to the target: method, path, headers and JSON with the values of variables, its answer is the output, its status the exit code', async () => {
    const variables = [
      { key: 'WHO', value: 'Zoë & "Co"/../x?y#z' },
      { key: 'N', type: 'number', value: 3 },
    ];
    const body = { who: '${WHO}', list: ['${N}', 1, null, { deep: 'a ${WHO}' }] };
    const parameters = { method: 'PUT', url: '/echo?who=${WHO}', headers: { 'X-Who': 'n=${N}' }, body };
    const { result } = await run(api(parameters), { variables });
    expect(result).toMatchObject({ status: 'completed', exit_code: 200 });
    const who = 'Zoë & "Co"/../x?y#z';
    const echoed = JSON.parse(result.result_output);
    expect(echoed).toMatchObject({
      method: 'PUT',
      path: '/echo?who=Zo%C3%AB%20%26%20%22Co%22%2F..%2Fx%3Fy%23z',
      headers: { 'x-who': 'n=3', 'content-type': 'application/json' },
    });
    expect(JSON.parse(echoed.body)).toEqual({ who, list: ['3', 1, null, { deep: `a ${who}` }] });
  });

  test('a text that says it is JSON stays JSON, whatever the values hold', async () => {
    const body = '{"who":"${WHO}","n":${N}}';
    const variables = [
      { key: 'WHO', value: '"},{"admin":true' },
      { key: 'N', type: 'number', value: 3 },
    ];
    const headers = { 'content-type': 'application/json' };
    const { result } = await run(api({ method: 'POST', url: '/echo', headers, body }), { variables });
    expect(JSON.parse(JSON.parse(result.result_output).body)).toEqual({ who: '"},{"admin":true', n: 3 });
  });

  test.each([
    ['at_least_once', 'POST', true],
    ['at_least_once', 'PUT', false],
    ['at_most_once', 'POST', false],
  ])('delivery %s, %s: an Idempotency-Key is sent: %s', async (delivery, method, isSent) => {
    const url = `/key?${delivery}${method}`;
    await run(api({ method, url, body: 'x' }, { action_config: { delivery } }));
    const [taken] = server.taken.filter(({ path }) => path === url);
    expect(taken?.headers['idempotency-key'] ?? '').toMatch(isSent ? /^J[\d.]+\/1\/[0-9a-f-]{13}$/ : /^$/);
  });

  test('each delivery of one turn carries the same key, another turn and another run another', async () => {
    const keys: unknown[] = [];
    await using other = await startHttpServer({
      // The first of a new key is lost on its way back.
      otherwise: ({ headers }, response) => {
        const isNew = !keys.includes(headers['idempotency-key']);
        keys.push(headers['idempotency-key']);
        if (isNew) response.destroy();
        else response.end('ok');
      },
    });
    const delivery = { action_config: { delivery: 'at_least_once' }, retry_delay_seconds: 1 };
    const post = api({ method: 'POST', url: `${other.origin}/order`, body: '${EXECUTION_DURATION}' }, delivery);
    const loop = { conditionType: 'for', expression: '2', loop: [post] };
    const { results } = await run({ action_type: 'condition', action_name: 'twice', action_parameters: loop });
    await run(post);
    const shown = (row: Record<string, unknown>) => [row['iteration'], row['attempt'], row['status'], row['error_code']];
    expect(results.filter((row: { action_type: string }) => row.action_type === 'api').map(shown)).toEqual([
      [1, 1, 'failed', 'CONNECTION_LOST'],
      [1, 2, 'completed', null],
      [2, 1, 'failed', 'CONNECTION_LOST'],
      [2, 2, 'completed', null],
    ]);
    const [first, , second, , third] = keys;
    expect(keys).toEqual([first, first, second, second, third, third]);
    expect(new Set(keys).size).toBe(3);
  });

  test('a POST without an answer when its time is up is never sent again by itself: it may have been done', async () => {
    await using slow = await startHttpServer();
    const action = api(
      { method: 'POST', url: `${slow.origin}/silent`, body: 'x' },
      { timeout_seconds: 1, retry_count: 3, retry_delay_seconds: 1 },
    );
    const { results } = await run(action);
    expect(results).toMatchObject([
      { status: 'failed', error_code: 'OUTCOME_UNKNOWN', failure_category: 'lost', fault: 'us', is_final: true },
    ]);
    expect(results[0].result_error).toMatch(
      /^The action took longer than its 1 s\. The POST was sent and not answered: the server may have done it\./,
    );
    expect(slow.taken).toHaveLength(1);
  });

  test.each([
    [201, 'POST', 'configuration', 'definition', 'add it to expectedStatusCodes'],
    [302, 'GET', 'configuration', 'definition', 'Redirects are not followed'],
    [401, 'GET', 'authentication', 'credentials', 'check the credential'],
    [403, 'GET', 'authentication', 'credentials', 'check the credential'],
    [404, 'GET', 'command_execution', 'target', 'check the url'],
    [422, 'POST', 'configuration', 'definition', 'finds the request wrong'],
    [429, 'GET', 'command_execution', 'target', 'try later'],
    [503, 'GET', 'command_execution', 'target', 'see its log'],
  ])('status %i to %s is the fault of %s (%s), and the record says what to do', async (status, method, category, fault, advice) => {
    const { result } = await run(api({ method, url: `/status?n=${status}` }));
    expect(result).toMatchObject({ exit_code: status, error_code: 'REQUEST_FAILED', failure_category: category, fault });
    expect(result.result_error).toContain(advice);
  });

  test('the record tells method and URL as they were sent, secrets masked', async () => {
    const variables = [
      { key: 'TOKEN', value: 'pä$$ the-secret', is_secret: true },
      { key: 'WHO', value: 'Zoë & Co' },
    ];
    const { result } = await run(api({ method: 'PUT', url: '/echo?who=${WHO}&token=${TOKEN}' }), { variables });
    expect(result.command_executed).toBe('PUT /echo?who=Zo%C3%AB%20%26%20Co&token=********');
  });

  test('a server that shows the login it got does not bring it into the record', async () => {
    const { result } = await run(api({ url: '/echo' }));
    const word = Buffer.from(`ann:${PASSWORD}`).toString('base64');
    expect(server.taken.some(({ headers }) => headers.authorization === `Basic ${word}`)).toBe(true);
    expect(JSON.parse(result.result_output).headers.authorization).toMatch(/^Basic /);
    expect(result.result_output).not.toContain(word);
  });

  test.each([
    [404, [200], 'failed'],
    [404, [404], 'completed'],
    [204, [200, 204], 'completed'],
    [200, [201], 'failed'],
    [500, [200], 'failed'],
    [302, [200], 'failed'],
  ])('status %i where %j is expected: %s', async (status, expectedStatusCodes, ended) => {
    const { result } = await run(api({ url: `/status?n=${status}`, expectedStatusCodes }));
    expect(result).toMatchObject({ status: ended, exit_code: status, error_code: ended === 'failed' ? 'REQUEST_FAILED' : null });
    if (ended === 'failed') expect(result.result_error).toContain(`GET /status was answered with status ${status}; expected was`);
  });

  test('a URL is requested by the worker, without the credential of the target, also by a job without targets of that kind', async () => {
    await using other = await startHttpServer();
    const variables = [{ key: 'TOKEN', value: 'the-secret', is_secret: true }];
    const parameters = { url: `${other.origin}/echo?a=1`, headers: { Authorization: 'Bearer ${TOKEN}' } };
    const { result } = await run(api(parameters), { variables });
    expect(result).toMatchObject({ status: 'completed', exit_code: 200 });
    expect(other.taken).toMatchObject([{ method: 'GET', path: '/echo?a=1', headers: { authorization: 'Bearer the-secret' } }]);
    expect(result.result_output).not.toContain('the-secret');
    expect((await run(api({ url: `${other.origin}/echo` }))).result.status).toBe('completed');
    expect(other.taken[1]?.headers.authorization).toBeUndefined();
  });

  test('a URL whose certificate is not trusted is refused', async () => {
    const { result } = await run(api({ url: `${server.origin}/echo` }));
    expect(result).toMatchObject({ status: 'failed', error_code: 'CERTIFICATE_REFUSED', failure_category: 'communication' });
  });

  test('a redirect is not followed: the other host hears nothing', async () => {
    await using other = await startHttpServer();
    await using first = await startHttpServer({ redirectTo: `${other.origin}/stolen` });
    const { result } = await run(api({ url: `${first.origin}/elsewhere`, headers: { Authorization: 'Bearer x' } }));
    expect(result).toMatchObject({ status: 'failed', exit_code: 302, error_code: 'REQUEST_FAILED' });
    expect(other.taken).toEqual([]);
  });

  test('a line break in a variable of a header fails the action before anything is sent', async () => {
    const before = server.taken.length;
    const action = api({ url: '/echo', headers: { 'X-One': 'a ${EVIL}' } });
    const { result } = await run(action, { variables: [{ key: 'EVIL', value: 'a\r\nX-Two: b' }] });
    expect(result).toMatchObject({ status: 'failed', error_code: 'VALIDATION', failure_category: 'configuration' });
    expect(result.result_error).toContain('${EVIL}');
    expect(server.taken.length).toBe(before);
  });

  test('a connection that breaks in the middle of an answer: what became of the request is not known', async () => {
    const { result } = await run(api({ url: '/break', method: 'POST', body: 'x' }));
    expect(result).toMatchObject({ error_code: 'CONNECTION_LOST', result_output: 'half\n' });
  });

  test('the timeout of the action ends the request on the server too', async () => {
    await using slow = await startHttpServer();
    const { result } = await run(api({ url: `${slow.origin}/hang` }, { timeout_seconds: 1 }));
    expect(result).toMatchObject({ status: 'failed', error_code: 'ACTION_TIMED_OUT', result_output: 'begun\n' });
    await slow.closed;
  });

  test('a target without a listener tells port and host', async () => {
    const port = await freePort();
    const { result } = await run(api({ url: '/' }), {}, await addTarget('nobody there', { port }));
    expect(result).toMatchObject({ status: 'failed', error_code: 'CONNECTION_REFUSED' });
    expect(result.result_error).toContain(`REST API to 127.0.0.1 port ${port}: the target is up but nothing listens on this port.`);
  });

  test('the connection test of the target passes and names the login', async () => {
    const { body } = await platform.api('POST', `/api/v1/targets/${target}/test`, {});
    expect(body).toMatchObject({ result: 'success', message: expect.stringMatching(/GET \/ was answered with status 200/) });
  });
});
