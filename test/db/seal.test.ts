import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openBytes, openValue, parseKeyRing, sealBytes, sealValue } from '../../src/db/seal.ts';
import type { KeyRing } from '../../src/db/seal.ts';

const key = (): string => randomBytes(32).toString('base64');
const ringOf = (keys: Record<string, string>, current: string): KeyRing => parseKeyRing(JSON.stringify({ current, keys, audit: key() }));
const ring = ringOf({ k1: key(), k2: key() }, 'k1');
const place = { table: 'jobs', uuid: '6b1c1a3e-0d3f-4d4b-9d52-3c1a7e9f0a11', column: 'variables.TOKEN' };
const unreadable = expect.objectContaining({ code: 'CREDENTIAL_UNREADABLE' });

describe('a sealed secret', () => {
  test('opens to what it was, in its place', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (plain) => {
        expect(openValue(ring, sealValue(ring, plain, place), place)).toBe(plain);
        expect(openBytes(ring, sealBytes(ring, plain, place), place)).toBe(plain);
      }),
    );
  });

  test('shows nothing of the secret, and looks different each time', () => {
    const [a, b] = [sealBytes(ring, 'hunter2hunter2', place), sealBytes(ring, 'hunter2hunter2', place)];
    expect(a.ciphertext.includes('hunter2')).toBe(false);
    expect(a.nonce.equals(b.nonce)).toBe(false);
    expect(a.ciphertext.equals(b.ciphertext)).toBe(false);
  });

  test.each(['table', 'uuid', 'column'] as const)('does not open in another %s', (part) => {
    expect(() => openValue(ring, sealValue(ring, 'secret', place), { ...place, [part]: 'other' })).toThrow(unreadable);
  });

  test('does not open when any bit was altered or bytes are missing', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom('nonce' as const, 'ciphertext' as const),
        fc.nat(),
        fc.integer({ min: 0, max: 7 }),
        (plain, part, at, bit) => {
          const sealed = sealBytes(ring, plain, place);
          const bytes = Buffer.from(sealed[part]);
          const index = at % bytes.length;
          bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
          expect(() => openBytes(ring, { ...sealed, [part]: bytes }, place)).toThrow(unreadable);
          expect(() => openBytes(ring, { ...sealed, [part]: sealed[part].subarray(0, index) }, place)).toThrow(unreadable);
        },
      ),
    );
  });

  test('does not open with another key, or when its key is missing', () => {
    const sealed = sealValue(ring, 'secret', place);
    expect(() => openValue(ringOf({ k1: key() }, 'k1'), sealed, place)).toThrow(unreadable);
    const missing = (): string => openValue(ringOf({ k9: key() }, 'k9'), sealed, place);
    expect(missing).toThrow(unreadable);
    expect(missing).toThrow('"k1"');
  });

  test('opens with its own key after another has become current', () => {
    const sealed = sealValue(ring, 'secret', place);
    const turned = { ...ring, currentId: 'k2' };
    expect(openValue(turned, sealed, place)).toBe('secret');
    expect(sealValue(turned, 'secret', place).key_id).toBe('k2');
  });
});

describe('a key ring', () => {
  const good = { current: 'k1', keys: { k1: key() }, audit: key() };
  const without = (field: string): string => JSON.stringify(Object.fromEntries(Object.entries(good).filter(([name]) => name !== field)));

  test.each([
    ['no text', ''],
    ['no JSON', 'k1=abc'],
    ['null', 'null'],
    ['a list', '[]'],
    ['nothing', '{}'],
    ['no keys', without('keys')],
    ['no current', without('current')],
    ['no audit key', without('audit')],
    ['an empty list of keys', JSON.stringify({ ...good, keys: {} })],
    ['a current key that is not there', JSON.stringify({ ...good, current: 'k2' })],
    ['a current key that every object has', JSON.stringify({ ...good, current: 'constructor' })],
    ['a short key', JSON.stringify({ ...good, keys: { k1: randomBytes(31).toString('base64') } })],
    ['a long key', JSON.stringify({ ...good, keys: { k1: randomBytes(33).toString('base64') } })],
    ['a key that is no base64', JSON.stringify({ ...good, keys: { k1: '?'.repeat(44) } })],
    ['a short audit key', JSON.stringify({ ...good, audit: randomBytes(16).toString('base64') })],
    ['a field too many', JSON.stringify({ ...good, default: key() })],
  ])('with %s is refused', (_, text) => {
    expect(() => parseKeyRing(text)).toThrow(expect.objectContaining({ code: 'VALIDATION' }));
  });

  test('that is refused is not shown in the message', () => {
    const bad = { current: 'k1', keys: { k1: good.keys.k1, k2: good.audit.slice(1) }, audit: good.audit.slice(2) };
    const shown = expect.objectContaining({ message: expect.not.stringContaining(good.audit.slice(2)) });
    expect(() => parseKeyRing(JSON.stringify(bad))).toThrow(shown);
  });
});
