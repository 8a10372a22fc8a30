import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { md4 } from '../../src/transports/winrm/md4.ts';
import { ntlmV2Response, responseKey, splitLogin } from '../../src/transports/winrm/ntlm.ts';
import { createNtlmSeal } from '../../src/transports/winrm/ntlm-seal.ts';
import { createRc4 } from '../../src/transports/winrm/rc4.ts';
import { openBody, sealBody } from '../../src/transports/winrm/sealed-body.ts';
import { escapeXml, findAll, findFirst, parseXml } from '../../src/transports/winrm/xml.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('ciphers that OpenSSL has no longer', () => {
  test.each([
    ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
    ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
    ['12345678901234567890123456789012345678901234567890123456789012345678901234567890', 'e33b4ddc9c38f2199c3e7b164fcc0536'],
  ])('MD4 of %j is that of RFC 1320', (text, digest) => {
    expect(md4(Buffer.from(text)).toString('hex')).toBe(digest);
  });

  test('RC4 gives the published stream', () => {
    expect(createRc4(Buffer.from('Key'))(Buffer.from('Plaintext')).toString('hex')).toBe('bbf316e8d940af0ad3');
  });
});

describe('NTLMv2 as in the examples of [MS-NLMP] 4.2.4', () => {
  const key = responseKey({ domain: 'Domain', user: 'User', password: 'Password' });
  const info = hex('02000c0044006f006d00610069006e0001000c005300650072007600650072000000 0000');

  test('key, response and session key', () => {
    expect(key.toString('hex')).toBe('0c868a403bfd7a93a3001ef22ef02e3f');
    const { response, sessionBaseKey } = ntlmV2Response(key, hex('0123456789abcdef'), Buffer.alloc(8, 0xaa), Buffer.alloc(8), info);
    expect(response.subarray(0, 16).toString('hex')).toBe('68cd0ab851e51c96aabc927bebef6a1c');
    expect(sessionBaseKey.toString('hex')).toBe('8de40ccadbc14a82f15cb0ad0de95ca3');
    expect(createRc4(sessionBaseKey)(Buffer.alloc(16, 0x55)).toString('hex')).toBe('c5dad2544fc9799094ce1ce90bc9d03e');
  });

  test('sealing and signing', () => {
    const { sealed, signature } = createNtlmSeal(Buffer.alloc(16, 0x55), 'client').seal(Buffer.from('Plaintext', 'utf16le'));
    expect(sealed.toString('hex')).toBe('54e50165bf1936dc996020c1811b0f06fb5f');
    expect(signature.toString('hex')).toBe('010000007fb38ec5c55d497600000000');
  });

  test('a domain is what stands before the backslash', () => {
    expect(splitLogin('CORP\\anna', 'x')).toMatchObject({ domain: 'CORP', user: 'anna' });
    expect(splitLogin('anna@corp.example', 'x')).toMatchObject({ domain: '', user: 'anna@corp.example' });
  });
});

describe('encrypted messages', () => {
  test('arrive as they were sent, in both directions, one after the other', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }), (messages) => {
        const key = randomBytes(16);
        const [client, server] = [createNtlmSeal(key, 'client'), createNtlmSeal(key, 'server')];
        for (const message of messages) {
          expect(openBody(server, sealBody(client, Buffer.from(message))).equals(message)).toBe(true);
          expect(openBody(client, sealBody(server, Buffer.from(message))).equals(message)).toBe(true);
        }
      }),
    );
  });

  test('a changed, a cut and a repeated one are refused', () => {
    const key = randomBytes(16);
    const body = sealBody(createNtlmSeal(key, 'client'), Buffer.from('a message'));
    const changed = Buffer.from(body);
    const at = changed.length - '--Encrypted Boundary--\r\n'.length - 1;
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => openBody(createNtlmSeal(key, 'server'), changed)).toThrow('signature');
    expect(() => openBody(createNtlmSeal(key, 'server'), body.subarray(0, body.length - 40))).toThrow('cut short');
    const server = createNtlmSeal(key, 'server');
    openBody(server, body);
    expect(() => openBody(server, body)).toThrow('signature');
  });
});

describe('XML', () => {
  test('any text comes back out of an element and an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const element = parseXml(`<a b="${escapeXml(text)}">${escapeXml(text)}</a>`);
        const storable = escapeXml(text).includes('\ufffd') ? undefined : text;
        if (storable !== undefined) expect([element.text, element.attributes['b']]).toEqual([storable, storable]);
      }),
    );
  });

  test('prefixes, comments, CDATA, entities and empty elements are read', () => {
    const xml = parseXml(
      `\ufeff<?xml version="1.0"?><!-- <x> --><s:A xmlns:s='u'><s:B C='1'/><![CDATA[<&]]>&#65;&#x42;&lt;<D><B C="2">t</B></D></s:A>`,
    );
    expect(xml).toMatchObject({ name: 'A', text: '<&AB<' });
    expect(findAll(xml, 'B').map(({ attributes, text }) => [attributes['C'], text])).toEqual([
      ['1', ''],
      ['2', 't'],
    ]);
    expect(findFirst(xml, 'E')).toBeUndefined();
  });

  test.each(['', 'text', '<a>', '<a></b>', '</a>', '<a/><b/>', '<a', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', '<a>'.repeat(200)])(
    'refuses %j',
    (text) => {
      expect(() => parseXml(text)).toThrow(/XML|nested/);
    },
  );
});
