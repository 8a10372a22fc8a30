import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { derivationProblem } from '../../src/transports/key-derivation.ts';

const plain = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

const lock = (...args: string[]): string => {
  const { stdout, stderr, status } = spawnSync('openssl', ['pkcs8', '-topk8', '-passout', 'pass:x', ...args], {
    input: plain,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
};
const pem = (data: Buffer): string =>
  `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${data.toString('base64')}\n-----END ENCRYPTED PRIVATE KEY-----\n`;

const UNREADABLE = /cannot be|can be read/;
const TOO_MANY = /more than 1000000 rounds/;

test.each<[string, () => string, RegExp | undefined]>([
  ['a key that is not encrypted', () => plain, undefined],
  ['PBKDF2 as OpenSSL does it', () => lock('-v2', 'aes-256-cbc'), undefined],
  ['600,000 rounds', () => lock('-v2', 'aes-256-cbc', '-iter', '600000'), undefined],
  ['a million and one rounds', () => lock('-v2', 'aes-256-cbc', '-iter', '1000001'), TOO_MANY],
  ['as many behind a key with few', () => `${lock('-iter', '1000')}${lock('-iter', '1000001')}`, TOO_MANY],
  ['the older PBES1', () => lock('-v1', 'PBE-SHA1-3DES', '-iter', '1000001'), TOO_MANY],
  ['scrypt', () => lock('-scrypt'), /scrypt/],
  ['lines that are no base64', () => lock().replace('KEY-----\n', 'KEY-----\nX: y\n\n'), UNREADABLE],
  ['no end', () => lock().replace('-----END', '-----FIN'), UNREADABLE],
  ['data that are cut off', () => pem(Buffer.from('3020300e', 'hex')), UNREADABLE],
  ['data whose end is not told by their length', () => pem(Buffer.from('3006308002010100', 'hex')), UNREADABLE],
  ['data that are very deep', () => pem(Buffer.alloc(10_000, 0x30)), UNREADABLE],
])('%s', (_, text, expected) => {
  const problem = derivationProblem(text());
  if (expected === undefined) expect(problem).toBeUndefined();
  else expect(problem).toMatch(expected);
});
