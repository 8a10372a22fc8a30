import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/contracts/transport.ts';
import { parseSnmpCommand } from '../../src/domain/snmp-command.ts';
import { openSnmp } from '../../src/transports/snmp/open-snmp.ts';
import { abortedAs } from '../support/aborted-as.ts';
import { collectOutput } from '../support/collect-output.ts';
import { AUTH_KEY, AUTH_PROTOCOLS, PRIVACY_KEY, PRIVACY_PROTOCOLS, startSnmpd, userOf, withoutSnmpd } from '../support/snmpd-fixture.ts';
import type { SnmpdFixture } from '../support/snmpd-fixture.ts';

const signal = new AbortController().signal;
const SYS_DESCR = '1.3.6.1.2.1.1.1.0';
const SYS_LOCATION = '1.3.6.1.2.1.1.6.0';

const community = (name: string): Endpoint['secret'] => ({ type: 'snmp_community', community: name });
const user = (username: string, auth_key?: string, privacy_key?: string): Endpoint['secret'] => ({
  type: 'snmp_v3',
  username,
  ...(auth_key === undefined ? {} : { auth_key }),
  ...(privacy_key === undefined ? {} : { privacy_key }),
});

const ask = async (endpoint: Endpoint, command: string, abort = signal): Promise<string> => {
  await using session = await openSnmp(endpoint, signal);
  const output = collectOutput();
  await session.oids?.(parseSnmpCommand(command), output.sink, abort);
  return output.stdout;
};

const outcome = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'success',
    (error: unknown) => String(error instanceof Error ? Reflect.get(error, 'code') : error),
  );

const probe = async (endpoint: Endpoint): Promise<string> => {
  await using session = await openSnmp(endpoint, signal);
  return await session.probe(signal);
};

describe.skipIf(withoutSnmpd)('SNMP (net-snmp)', () => {
  let agent: SnmpdFixture;
  beforeAll(async () => {
    agent = await startSnmpd();
  });
  afterAll(() => agent[Symbol.asyncDispose]());

  test.each(['1', '2c'])('version %s reads, sets and walks with a community', async (version) => {
    const endpoint = agent.endpoint({ version }, community('private'));
    await expect(ask(endpoint, `get ${SYS_DESCR}`)).resolves.toBe(`${SYS_DESCR} = string: agent of the test\n`);
    await expect(ask(endpoint, `set ${SYS_LOCATION} string room ${version}`)).resolves.toBe(`${SYS_LOCATION} = string: room ${version}\n`);
    const walked = await ask(endpoint, 'walk 1.3.6.1.2.1.1');
    expect(walked.split('\n').slice(0, 3)).toEqual([
      `${SYS_DESCR} = string: agent of the test`,
      expect.stringMatching(/^1\.3\.6\.1\.2\.1\.1\.2\.0 = oid: 1\.3\.6\.1\.4\.1\.8072[.\d]*$/),
      expect.stringMatching(/^1\.3\.6\.1\.2\.1\.1\.3\.0 = timeticks: \d+$/),
    ]);
    expect(walked).toContain(`${SYS_LOCATION} = string: room ${version}\n`);
  });

  test('a set changes the value, also to text that is not ASCII, has line breaks, or is empty', async () => {
    const endpoint = agent.endpoint({}, community('private'));
    for (const [written, shown] of [
      ['"Zürich\\nroom \\\\1"', 'Zürich\\nroom \\\\1'],
      ['""', ''],
      ['two  words', 'two  words'],
    ]) {
      await expect(ask(endpoint, `set ${SYS_LOCATION} string ${written}`)).resolves.toBe(`${SYS_LOCATION} = string: ${shown}\n`);
      await expect(ask(endpoint, `get ${SYS_LOCATION}`)).resolves.toBe(`${SYS_LOCATION} = string: ${shown}\n`);
    }
  });

  test('a walk gives every value of a table once and nothing beyond it, the same by version 1 and 2c', async () => {
    const root = '1.3.6.1.2.1.1.9';
    const slow = await ask(agent.endpoint({ version: '1' }, community('public')), `walk ${root}`);
    const lines = slow.trim().split('\n');
    expect(lines.length).toBeGreaterThan(20);
    expect(new Set(lines.map((line) => line.split(' ')[0])).size).toBe(lines.length);
    expect(lines.every((line) => line.startsWith(`${root}.`))).toBe(true);
    await expect(ask(agent.endpoint({}, community('public')), `walk ${root}`)).resolves.toBe(slow);
  });

  test('a walk of a single value gives that value; 64 bit counters are whole', async () => {
    const endpoint = agent.endpoint({}, community('public'));
    await expect(ask(endpoint, `walk ${SYS_DESCR}`)).resolves.toBe(`${SYS_DESCR} = string: agent of the test\n`);
    await expect(ask(endpoint, 'walk 1.3.6.1.2.1.31.1.1.1.6')).resolves.toMatch(
      /^(1\.3\.6\.1\.2\.1\.31\.1\.1\.1\.6\.\d+ = counter64: \d+\n)+$/,
    );
  });

  test.each(AUTH_PROTOCOLS.flatMap((auth) => PRIVACY_PROTOCOLS.map((privacy) => [auth, privacy] as const)))(
    'version 3 reads and sets with %s and %s, and with the signature alone',
    async (auth, privacy) => {
      const config = { version: '3', auth_protocol: auth, privacy_protocol: privacy };
      const secret = user(userOf(auth, privacy), AUTH_KEY, PRIVACY_KEY);
      const sealed = agent.endpoint({ ...config, security_level: 'authPriv' }, secret);
      await expect(ask(sealed, `set ${SYS_LOCATION} string ${auth}/${privacy}`)).resolves.toContain(`string: ${auth}/${privacy}`);
      const signed = agent.endpoint({ ...config, security_level: 'authNoPriv' }, user(userOf(auth, privacy), AUTH_KEY));
      await expect(ask(signed, `get ${SYS_LOCATION}`)).resolves.toContain(`string: ${auth}/${privacy}`);
    },
  );

  test('IPv6 is reached by address', async () => {
    const endpoint = agent.endpoint({}, community('public'), { host: '::1' });
    await expect(ask(endpoint, `get ${SYS_DESCR}`)).resolves.toContain('agent of the test');
  });

  test('a test passes exactly when a run can read', async () => {
    const v3 = (fields: Record<string, unknown> = {}) => ({ version: '3', security_level: 'authPriv', ...fields });
    const known = user(userOf('SHA'), AUTH_KEY, PRIVACY_KEY);
    const silent = { connectTimeoutMs: 300 };
    const cases: [Endpoint, string, RegExp | undefined][] = [
      [agent.endpoint({ version: '1' }, community('public')), 'success', undefined],
      [agent.endpoint({}, community('public')), 'success', undefined],
      [agent.endpoint({}, community('wrong'), silent), 'CONNECTION_TIMED_OUT', /A wrong community looks the same/],
      [agent.endpoint({}, community('public'), { ...silent, port: 9 }), 'CONNECTION_TIMED_OUT', /nothing answered in time/],
      [agent.endpoint({}, community('public'), { host: 'no-such-host.invalid' }), 'NAME_NOT_FOUND', undefined],
      [agent.endpoint({}, known), 'CREDENTIAL_MISSING', /version 2c needs a credential of type snmp_community/],
      [agent.endpoint(v3(), community('public')), 'CREDENTIAL_MISSING', /needs a credential of type snmp_v3/],
      [agent.endpoint(v3(), user(userOf('SHA'))), 'CREDENTIAL_MISSING', /needs an auth_key/],
      [agent.endpoint(v3(), user(userOf('SHA'), AUTH_KEY)), 'CREDENTIAL_MISSING', /needs a privacy_key/],
      [agent.endpoint(v3({ security_level: 'noAuthNoPriv' }), user('open_user')), 'success', undefined],
      [agent.endpoint(v3(), known), 'success', undefined],
      [agent.endpoint(v3(), user('nobody', AUTH_KEY, PRIVACY_KEY)), 'LOGIN_REJECTED', /knows no user nobody/],
      [agent.endpoint(v3(), user(userOf('SHA'), 'not the key', PRIVACY_KEY)), 'LOGIN_REJECTED', /auth_key of user u_SHA_AES is wrong/],
      [agent.endpoint(v3({ auth_protocol: 'MD5' }), known), 'LOGIN_REJECTED', /or its auth_protocol is another/],
      [
        agent.endpoint(v3({ security_level: 'authNoPriv' }), user('strict_user', AUTH_KEY)),
        'LOGIN_REJECTED',
        /authorizationError|security_level/,
      ],
    ];
    for (const [endpoint, expected, message] of cases) {
      const what = { config: endpoint.config, secret: endpoint.secret?.type, expected };
      const found = { probed: await outcome(probe(endpoint)), ran: await outcome(ask(endpoint, `get ${SYS_DESCR}`)) };
      expect({ ...what, ...found }).toEqual({ ...what, probed: expected, ran: expected });
      if (message !== undefined) await expect(probe(endpoint)).rejects.toMatchObject({ message: expect.stringMatching(message) });
    }
  });

  test.each(PRIVACY_PROTOCOLS)('a wrong privacy key (%s) is told, or looks like silence, but never reads', async (privacy) => {
    const secret = user(userOf('SHA', privacy), AUTH_KEY, 'not the key');
    const endpoint = agent.endpoint({ version: '3', privacy_protocol: privacy }, secret, { connectTimeoutMs: 500 });
    await expect(probe(endpoint)).rejects.toMatchObject({ message: expect.stringMatching(/privacy_(key|protocol)/) });
  });

  test.each([
    ['get 1.3.6.1.2.1.1.99.0', 'public', /noSuchObject/],
    ['get 1.3.6.1.2.1.1.1.5', 'public', /noSuchInstance.*ends with \.0/],
    ['walk 1.3.6.1.2.1.99', 'public', /noSuch(Object|Instance)/],
    [`set ${SYS_LOCATION} string x`, 'public', /noAccess/],
    [`set ${SYS_DESCR} string x`, 'private', /cannot be written.*notWritable/],
    [`set ${SYS_LOCATION} integer 4`, 'private', /wrongType/],
  ])('%s as %s fails and says why', async (command, name, message) => {
    const endpoint = agent.endpoint({}, community(name));
    await expect(ask(endpoint, command)).rejects.toMatchObject({ code: 'OID_FAILED', message: expect.stringMatching(message) });
  });

  test('version 1 says it too', async () => {
    const endpoint = agent.endpoint({ version: '1' }, community('public'));
    await expect(ask(endpoint, 'get 1.3.6.1.2.1.1.99.0')).rejects.toMatchObject({ code: 'OID_FAILED' });
  });

  test('the test tells the description of the agent, and whether all is encrypted', async () => {
    await expect(probe(agent.endpoint({}, community('public')))).resolves.toBe(
      'sysDescr: agent of the test. What is read and set is not encrypted.',
    );
    const secret = user(userOf('SHA'), AUTH_KEY, PRIVACY_KEY);
    await expect(probe(agent.endpoint({ version: '3' }, secret))).resolves.toBe('sysDescr: agent of the test.');
  });

  test('an agent that goes away: a set may have been done, a get has not', async () => {
    await using own = await startSnmpd();
    await using session = await openSnmp(own.endpoint({}, community('private'), { connectTimeoutMs: 300 }), signal);
    await own.stop();
    const { sink } = collectOutput();
    const set = session.oids?.(parseSnmpCommand(`set ${SYS_LOCATION} string x`), sink, signal);
    await expect(set).rejects.toMatchObject({ code: 'CONNECTION_LOST', message: expect.stringContaining('may have been set') });
    await expect(session.oids?.(parseSnmpCommand(`get ${SYS_DESCR}`), sink, signal)).rejects.toMatchObject({
      code: 'CONNECTION_TIMED_OUT',
    });
  });

  test('an abort tells what became of it: a get only reads, a set may have been done, what waits was never sent', async () => {
    await using own = await startSnmpd();
    await using session = await openSnmp(own.endpoint({}, community('private'), { connectTimeoutMs: 60_000 }), signal);
    await own.stop();
    const started = (command: string) => {
      const abort = new AbortController();
      return { abort, end: abortedAs(session.oids?.(parseSnmpCommand(command), collectOutput().sink, abort.signal)) };
    };
    const [get, waiting] = [started(`get ${SYS_DESCR}`), started(`set ${SYS_LOCATION} string never`)];
    waiting.abort.abort(new Error('late'));
    expect(await waiting.end).toMatchObject({ work: 'not_sent', says: expect.stringMatching(/^It had waited 0\.\d s for SNMP to 127/) });
    get.abort.abort(new Error('enough'));
    expect(await get.end).toMatchObject({ work: 'ended', reason: 'enough' });
    const set = started(`set ${SYS_LOCATION} string x`);
    // Its turn comes, and it is sent, in the next microtasks.
    await new Promise(setImmediate);
    set.abort.abort(new Error('enough'));
    expect(await set.end).toMatchObject({ work: 'unknown', says: expect.stringContaining('may have been set') });
  });

  test('an abort ends the wait with its reason', async () => {
    const deaf = createSocket('udp4').bind(0, '127.0.0.1');
    await once(deaf, 'listening');
    const abort = new AbortController();
    deaf.on('message', () => abort.abort(new Error('enough')));
    const endpoint = agent.endpoint({}, community('public'), { port: deaf.address().port, connectTimeoutMs: 60_000 });
    await expect(openSnmp(endpoint, abort.signal)).rejects.toThrow('enough');
    deaf.close();
  });
});
