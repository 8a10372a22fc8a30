import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clientAddress, networkOf, plainAddress, trustedProxies } from '../../../src/api/client-address.ts';

test.each([
  ['192.0.2.1', '192.0.2.1'],
  [' 192.0.2.1 ', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['2001:db8::1', '2001:db8::1'],
  ['192.0.2.1:4711', undefined],
  ['unknown', undefined],
  ['', undefined],
  [undefined, undefined],
])('%s is the address %s', (text, address) => {
  expect(plainAddress(text)).toBe(address);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['1::', '1:0:0:0::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
])('%s is of the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test('all addresses of a network are of one, however they are written', () => {
  const group = fc.integer({ min: 0, max: 0xffff });
  fc.assert(
    fc.property(fc.array(group, { minLength: 4, maxLength: 4 }), fc.array(group, { minLength: 4, maxLength: 4 }), (network, host) => {
      const long = [...network, ...host].map((part) => part.toString(16).padStart(4, '0')).join(':');
      const short = new URL(`http://[${long}]/`).hostname.slice(1, -1);
      expect(networkOf(short)).toBe(networkOf(long));
      expect(networkOf(long)).toBe(`${network.map((part) => part.toString(16)).join(':')}::/64`);
    }),
  );
});

test('nobody who is no trusted proxy can say who he is', () => {
  const isTrusted = trustedProxies(['10.0.0.0/8']);
  fc.assert(
    fc.property(fc.ipV4(), fc.string(), (peer, said) => {
      fc.pre(!peer.startsWith('10.'));
      expect(clientAddress(peer, said, isTrusted)).toBe(peer);
      expect(clientAddress('10.0.0.1', `${said},${peer}`, isTrusted)).toBe(peer);
    }),
  );
});
