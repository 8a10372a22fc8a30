import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { normalUrl, readClientConfig, resolveAddress, writeClientConfig } from '../../src/cli/client-config.ts';
import { writeUpRecord } from '../../src/embedded/up-record.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'opsc-client-'));
});
afterEach(() => rm(folder, { recursive: true }));

const configOf = (client: { url?: string; token?: string } = {}) => ({
  home: folder,
  client: { url: client.url, token: client.token, configFile: join(folder, 'deep', 'config.json') },
});

test('the file is for its owner alone, also when it was not before', async () => {
  const { configFile } = configOf().client;
  await writeClientConfig(configFile, { url: 'http://a', token: 't' });
  expect((await stat(configFile)).mode & 0o777).toBe(0o600);
  expect((await stat(dirname(configFile))).mode & 0o777).toBe(0o700);
  expect(await readClientConfig(configFile)).toEqual({ url: 'http://a', token: 't' });
});

test('the option comes before the environment, the login, the running `up` and the default', async () => {
  expect(await resolveAddress(configOf(), undefined)).toEqual({ url: 'http://127.0.0.1:4680', token: undefined });
  await writeUpRecord(folder, { api: 'http://127.0.0.1:1111' });
  expect((await resolveAddress(configOf(), undefined)).url).toBe('http://127.0.0.1:1111');
  await writeClientConfig(configOf().client.configFile, { url: 'http://login/', token: 'stored' });
  expect(await resolveAddress(configOf(), undefined)).toEqual({ url: 'http://login', token: 'stored' });
  expect((await resolveAddress(configOf({ url: 'http://environment' }), undefined)).url).toBe('http://environment');
  expect((await resolveAddress(configOf({ url: 'http://environment' }), 'http://option')).url).toBe('http://option');
});

test('the token of a login is not sent to another address', async () => {
  await writeClientConfig(configOf().client.configFile, { url: 'http://login', token: 'stored' });
  expect((await resolveAddress(configOf(), 'http://other')).token).toBeUndefined();
  expect((await resolveAddress(configOf(), 'http://login/')).token).toBe('stored');
  expect((await resolveAddress(configOf({ token: 'given' }), 'http://other')).token).toBe('given');
});

test('a damaged file and an address that is none are told', async () => {
  const { configFile } = configOf().client;
  await writeClientConfig(configFile, { url: 'http://a' });
  await writeFile(configFile, '{');
  await expect(resolveAddress(configOf(), undefined)).rejects.toThrow('is damaged');
  expect(() => normalUrl('ftp://x')).toThrow('is not an address');
  expect(normalUrl('http://LOCALHOST:80/ops/')).toBe('http://localhost/ops');
});
