import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { normalUrl, readClientConfig, resolveAddress, writeClientConfig } from '../../src/cli/client-config.ts';
import type { ClientConfig } from '../../src/cli/client-config.ts';
import { writeUpRecord } from '../../src/embedded/up-record.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'opsc-client-'));
});
afterEach(() => rm(folder, { recursive: true }));

interface Environment {
  url?: string;
  token?: string;
  context?: string;
}
const configOf = ({ url, token, context }: Environment = {}) => ({
  home: folder,
  client: { url, token, context, configFile: join(folder, 'deep', 'config.json') },
});
const store = (config: ClientConfig): Promise<void> => writeClientConfig(configOf().client.configFile, config);
const oneLogin = (url: string, token: string): ClientConfig => ({ current: 'one', contexts: { one: { url, token } } });
const resolve = (environment: Environment = {}, options: { url?: string; context?: string; isNewContextAllowed?: boolean } = {}) =>
  resolveAddress(configOf(environment), { url: undefined, context: undefined, ...options });

test('the file is for its owner alone, also when it was not before', async () => {
  const { configFile } = configOf().client;
  await store(oneLogin('http://a', 't'));
  expect((await stat(configFile)).mode & 0o777).toBe(0o600);
  expect((await stat(dirname(configFile))).mode & 0o777).toBe(0o700);
  expect(await readClientConfig(configFile)).toEqual(oneLogin('http://a', 't'));
});

test('a file of the time before contexts is one login, which is in use', async () => {
  const { configFile } = configOf().client;
  await store({ contexts: {} });
  await writeFile(configFile, JSON.stringify({ url: 'http://ops.example.org:4680', token: 't', username: 'ann' }));
  expect(await readClientConfig(configFile)).toEqual({
    current: 'ops.example.org:4680',
    contexts: { 'ops.example.org:4680': { url: 'http://ops.example.org:4680', token: 't', username: 'ann' } },
  });
  expect(await resolve()).toEqual({ url: 'http://ops.example.org:4680', token: 't', context: 'ops.example.org:4680' });
});

test('the option comes before the environment, the login, the running `up` and the default', async () => {
  expect(await resolve()).toEqual({ url: 'http://127.0.0.1:4680' });
  await writeUpRecord(folder, { api: 'http://127.0.0.1:1111' });
  expect((await resolve()).url).toBe('http://127.0.0.1:1111');
  await store(oneLogin('http://login/', 'stored'));
  expect(await resolve()).toEqual({ url: 'http://login', token: 'stored', context: 'one' });
  expect((await resolve({ url: 'http://environment' })).url).toBe('http://environment');
  expect((await resolve({ url: 'http://environment' }, { url: 'http://option' })).url).toBe('http://option');
});

test('the token of a login is not sent to another address', async () => {
  await store(oneLogin('http://login', 'stored'));
  expect((await resolve({}, { url: 'http://other' })).token).toBeUndefined();
  expect((await resolve({}, { url: 'http://other', context: 'one' })).token).toBeUndefined();
  expect((await resolve({}, { url: 'http://login/' })).token).toBe('stored');
  expect((await resolve({ token: 'given' }, { url: 'http://other' })).token).toBe('given');
});

test('a context is chosen by option, environment, or use; an address in the environment comes before one chosen there', async () => {
  await store({
    current: 'prod',
    contexts: { prod: { url: 'http://prod', token: 'p' }, dev: { url: 'http://dev', token: 'd' }, ann: { url: 'http://prod', token: 'a' } },
  });
  expect(await resolve()).toEqual({ url: 'http://prod', token: 'p', context: 'prod' });
  expect(await resolve({ context: 'dev' })).toEqual({ url: 'http://dev', token: 'd', context: 'dev' });
  expect(await resolve({ context: 'dev' }, { context: 'ann' })).toEqual({ url: 'http://prod', token: 'a', context: 'ann' });
  expect(await resolve({ context: 'dev', url: 'http://prod' })).toEqual({ url: 'http://prod', token: 'p', context: 'prod' });
  expect(await resolve({ url: 'http://prod' }, { context: 'dev' })).toEqual({ url: 'http://dev', token: 'd', context: 'dev' });
});

test('a context that is not there is told with those that are; only a login makes one', async () => {
  await store(oneLogin('http://login', 'stored'));
  await expect(resolve({}, { context: 'two' })).rejects.toMatchObject({
    code: 'NOT_FOUND',
    message: expect.stringContaining('there are one'),
  });
  await expect(resolve({ context: 'toString' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const made = await resolve({}, { context: 'two', url: 'http://two', isNewContextAllowed: true });
  expect(made).toEqual({ url: 'http://two', context: 'two' });
});

test('a damaged file and an address that is none are told', async () => {
  const { configFile } = configOf().client;
  await store(oneLogin('http://a', 't'));
  for (const text of ['{', '{}', '{"contexts":{"a":{}}}', '[]']) {
    await writeFile(configFile, text);
    await expect(resolve()).rejects.toThrow('is damaged');
    expect(await readFile(configFile, 'utf8')).toBe(text);
  }
  expect(() => normalUrl('ftp://x')).toThrow('is not an address');
  expect(normalUrl('http://LOCALHOST:80/ops/')).toBe('http://localhost/ops');
});
