import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { HttpRequest } from '../../src/contracts/transport.ts';
import { createOpenElasticsearch } from '../../src/transports/elasticsearch/open-elasticsearch.ts';
import { allowedLookup, deniedBy } from '../../src/transports/http/denied-networks.ts';
import { createOpenRestApi } from '../../src/transports/rest_api/open-rest-api.ts';
import { createOpenSession } from '../../src/transports/open-session.ts';
import { startHttpServer } from '../support/http-fixture.ts';
import { outcomeCode } from '../support/outcome-code.ts';

const { signal } = new AbortController();

describe('an address is in a network', () => {
  test.each([
    ['169.254.169.254', '169.254.0.0/16'],
    ['::ffff:169.254.169.254', '169.254.0.0/16'],
    ['::ffff:a9fe:a9fe', '169.254.0.0/16'],
    ['0:0:0:0:0:FFFF:A9FE:A9FE', '169.254.0.0/16'],
    ['::169.254.169.254', '169.254.0.0/16'],
    ['64:ff9b::a9fe:a9fe', '169.254.0.0/16'],
    ['64:ff9b::169.254.169.254', '169.254.0.0/16'],
    ['fe80::1', 'fe80::/10'],
    ['fe80::1%eth0', 'fe80::/10'],
    ['febf:ffff::1', 'fe80::/10'],
    ['127.0.0.1', '127.0.0.0/8'],
    ['127.1.2.3', '127.0.0.0/8'],
    ['0.0.0.0', '127.0.0.0/8'],
    ['::', '127.0.0.0/8'],
    ['::', '::1/128'],
    ['0.0.0.0', '::1/128'],
    ['10.0.0.1', '::ffff:10.0.0.0/104'],
    ['10.1.2.3', '10.1.2.3/32'],
    ['192.0.2.1', '0.0.0.0/0'],
  ])('%s in %s', (address, network) => {
    expect(deniedBy(['198.51.100.0/24', network], address)).toBe(network);
  });

  test.each([
    ['169.253.255.255', '169.254.0.0/16'],
    ['::ffff:169.253.255.255', '169.254.0.0/16'],
    ['64:ff9c::a9fe:a9fe', '169.254.0.0/16'],
    ['2001:db8::a9fe:a9fe', '169.254.0.0/16'],
    ['fec0::1', 'fe80::/10'],
    ['10.1.2.4', '10.1.2.3/32'],
    ['127.0.0.1', '::1/128'],
  ])('%s is not in %s', (address, network) => {
    expect(deniedBy([network], address)).toBeUndefined();
  });
});

/** A server that only counts who connects. */
const startCounter = async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
};

const LOOPBACK = ['127.0.0.0/8', '::1/128'];

describe('connections of HTTP', () => {
  const endpointAt = (
    methodType: 'rest_api' | 'elasticsearch' | 'winrm',
    host: string,
    port: number,
    config: Record<string, unknown> = { protocol: 'http' },
  ) => ({
    methodType,
    host,
    port,
    config,
    hostKeyFingerprint: undefined,
    platform: 'posix' as const,
    connectTimeoutMs: 5_000,
    keepAliveMs: 15_000,
    secret: undefined,
  });

  test.each(['127.0.0.1', '127.0.0.2', 'localhost', '::ffff:127.0.0.1', '::ffff:7f00:1', '0.0.0.0'])(
    'none is made to %s when it is denied',
    async (host) => {
      await using counter = await startCounter();
      const rest = createOpenRestApi(async () => LOOPBACK);
      const elasticsearch = createOpenElasticsearch(async () => LOOPBACK);
      const said = expect.objectContaining({
        code: 'ADDRESS_DENIED',
        category: 'configuration',
        message: expect.stringMatching(
          new RegExp(
            `to ${host} port ${counter.port}: the address .* is in (127\\.0\\.0\\.0/8|::1/128).*outbound_denied_networks.*No connection was made`,
          ),
        ),
      });
      await expect(rest(endpointAt('rest_api', host, counter.port), signal)).rejects.toEqual(said);
      await expect(rest(endpointAt('rest_api', host, counter.port, { protocol: 'https' }), signal)).rejects.toEqual(said);
      await expect(elasticsearch(endpointAt('elasticsearch', host, counter.port, { ssl: false }), signal)).rejects.toEqual(said);
      const winrm = createOpenSession({ deniedNetworks: async () => LOOPBACK });
      for (const transport of ['ntlm', 'basic']) {
        const config = { transport, allow_unencrypted: true };
        const secret = { type: 'password', username: 'u', password: 'p' } as const;
        await expect(winrm({ ...endpointAt('winrm', host, counter.port, config), secret }, signal)).rejects.toEqual(said);
      }
      expect(counter.connections()).toBe(0);
    },
  );

  test('a name with an allowed address is reached there, and never at a denied one', async () => {
    await using server = await startHttpServer();
    await using session = await createOpenRestApi(async () => ['::1/128'])(endpointAt('rest_api', 'localhost', server.port), signal);
    expect(await session.probe(signal)).toMatch(/answered with status 200/);
  });

  test('a change of the networks counts for the next connection of a session that is open', async () => {
    await using server = await startHttpServer();
    let denied: string[] = [];
    await using session = await createOpenRestApi(async () => denied)(server.endpoint(), signal);
    const get: HttpRequest = { method: 'GET', path: '/echo', headers: { connection: 'close' }, body: undefined };
    const ask = async () => session.request?.(get, async () => undefined, signal);
    expect((await ask())?.status).toBe(200);
    denied = LOOPBACK;
    expect(await outcomeCode(ask())).toBe('ADDRESS_DENIED');
    denied = [];
    expect((await ask())?.status).toBe(200);
    expect(server.taken).toHaveLength(2);
  });

  test('what a name has for addresses is asked once for a connection, and only what is allowed is given to it', async () => {
    const addresses = (networks: string[]) =>
      new Promise((resolve, reject) => {
        allowedLookup(async () => networks, 'HTTP')('localhost', { all: true }, (error, found) =>
          error === null ? resolve(found) : reject(error),
        );
      });
    for (const { address } of (await addresses(['::1/128'])) as { address: string }[]) expect(address).not.toBe('::1');
    await expect(addresses(LOOPBACK)).rejects.toMatchObject({ code: 'ADDRESS_DENIED' });
  });
});
