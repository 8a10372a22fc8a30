import { BlockList, isIP } from 'node:net';

/** Networks of the proxies whose `X-Forwarded-For` is believed. */
export type IsTrusted = (address: string) => boolean;

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6');

/** `::ffff:192.0.2.1` is 192.0.2.1; the zone of a link-local address is no part of an `inet`. @returns undefined when it is no address. */
export const plainAddress = (text: string | undefined): string | undefined => {
  const address = text?.trim().replace(/%.*$/, '');
  if (address === undefined || isIP(address) === 0) return undefined;
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  return mapped ?? address;
};

/** @param networks addresses, or networks such as 10.0.0.0/8 */
export const trustedProxies = (networks: readonly string[]): IsTrusted => {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    if (prefix === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(prefix), familyOf(address));
  }
  return (address) => list.check(address, familyOf(address));
};

/**
 * Who calls: the peer of the connection or, when that is a trusted proxy, the last address of `X-Forwarded-For` that is none. What stands further
 * left was written by the caller.
 */
export const clientAddress = (peer: string | undefined, forwardedFor: string | undefined, isTrusted: IsTrusted): string | undefined => {
  let address = plainAddress(peer);
  const hops = forwardedFor?.split(',') ?? [];
  while (address !== undefined && isTrusted(address)) {
    const hop = plainAddress(hops.pop());
    if (hop === undefined) return address;
    address = hop;
  }
  return address;
};

const GROUPS_OF_A_NETWORK = 4;

/** What counts as one caller: an IPv4 address, or the /64 of an IPv6 address, of which each machine has as many addresses as it likes. */
export const networkOf = (address: string): string => {
  if (isIP(address) === 4) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length - (address.includes('.') ? 1 : 0));
  const groups = [...before, ...Array.from({ length: missing }, () => '0'), ...after].slice(0, GROUPS_OF_A_NETWORK);
  return `${groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::/64`;
};
