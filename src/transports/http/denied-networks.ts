import { lookup } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { callbackify, promisify } from 'node:util';
import { OpsError } from '../../domain/ops-error.ts';

/** Networks (CIDR) to which nothing is sent; asked anew for every connection. */
export type ReadDeniedNetworks = () => Promise<readonly string[]>;

/** The eight groups of an IPv6 address without its zone. */
const groupsOf = (address: string): number[] => {
  const short = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head = '', tail] = short.split('::');
  const numbers = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [first, last] = [numbers(head), numbers(tail ?? '')];
  return [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last];
};

/** Prefixes of IPv6 addresses that stand for an IPv4 address, their last two groups: mapped, compatible, and by way of a NAT64. */
const IPV4_PREFIXES: readonly (readonly number[])[] = [
  [0, 0, 0, 0, 0, 0xffff],
  [0, 0, 0, 0, 0, 0],
  [0x64, 0xff9b, 0, 0, 0, 0],
];

const ipv4In = (address: string): string[] => {
  const groups = groupsOf(address);
  if (!IPV4_PREFIXES.some((prefix) => prefix.every((group, index) => groups[index] === group))) return [];
  return [
    groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 0xff])
      .join('.'),
  ];
};

/** All addresses as which a connection to this one may arrive: that of "all of this machine" comes to its own. */
const meaningsOf = (address: string): string[] => {
  const plain = address.replace(/%.*$/, '');
  const all = isIP(plain) === 6 ? [plain, ...ipv4In(plain)] : [plain];
  return all.includes('0.0.0.0') ? [...all, '127.0.0.1', '::1'] : all;
};

const holds = (network: string, address: string): boolean => {
  const [base = '', bits] = network.split('/');
  const list = new BlockList();
  list.addSubnet(base, Number(bits), isIP(base) === 6 ? 'ipv6' : 'ipv4');
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
};

/** The network of the list that holds this address, in whatever way it is written. */
export const deniedBy = (networks: readonly string[], address: string): string | undefined => {
  const meanings = meaningsOf(address);
  return networks.find((network) => meanings.some((meaning) => holds(network, meaning)));
};

const refusal = (where: string, address: string, network: string): OpsError =>
  new OpsError(
    'ADDRESS_DENIED',
    `${where}: the address ${address} is in ${network}, to which nothing may be sent (setting outbound_denied_networks). No connection was made. Correct the address; or let an administrator take the network off that list.`,
  );

/** An address that needs no look-up must not be a denied one. @param where for the message. @throws OpsError ADDRESS_DENIED */
export const refuseDeniedAddress = async (read: ReadDeniedNetworks, host: string, where: string): Promise<void> => {
  if (isIP(host) === 0) return;
  const network = deniedBy(await read(), host);
  if (network !== undefined) throw refusal(where, host, network);
};

const lookUp = promisify(lookup);

/** @throws OpsError ADDRESS_DENIED when no address of the name is allowed, and the error of the look-up */
const allowedAddresses = async (
  read: ReadDeniedNetworks,
  hostname: string,
  options: LookupOptions,
  where: string,
): Promise<LookupAddress[]> => {
  const [networks, addresses] = await Promise.all([read(), lookUp(hostname, { ...options, all: true })]);
  const denied = addresses.map(({ address }) => deniedBy(networks, address));
  const allowed = addresses.filter((_, index) => denied[index] === undefined);
  const [first] = denied;
  if (allowed.length === 0 && first !== undefined) throw refusal(where, addresses[0]?.address ?? hostname, first);
  return allowed;
};

const withAllowedAddresses = callbackify(allowedAddresses);

/**
 * Looks a name up for a connection, which is then made to one of these addresses and no other: what is asked later, or elsewhere, cannot differ.
 * Denied addresses are left out; when there is no other the connection fails with ADDRESS_DENIED.
 * @param where for the message
 */
export const allowedLookup =
  (read: ReadDeniedNetworks, where: string): LookupFunction =>
  (hostname, options, callback) => {
    withAllowedAddresses(read, hostname, options, where, (error, addresses) => {
      if (error instanceof Error) return callback(error, '', 0);
      return options.all === true ? callback(null, addresses) : callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
    });
  };
