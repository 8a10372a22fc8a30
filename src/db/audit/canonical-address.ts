import { isIPv6 } from 'node:net';

/** Groups that Postgres shows as an IPv4 address: the last two, behind zeros alone or zeros and ffff. */
const WITH_IPV4 = /^::(ffff:)?([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

const dotted = (group: string): string => {
  const value = Number.parseInt(group, 16);
  return `${value >> 8}.${value & 255}`;
};

/** An address as an `inet` column gives it back, whoever wrote it how: a signature over it holds when the row is read. */
export const canonicalAddress = (address: string): string => {
  if (!isIPv6(address)) return address;
  const short = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  return short.replace(
    WITH_IPV4,
    (_, prefix: string | undefined, high: string, low: string) => `::${prefix ?? ''}${dotted(high)}.${dotted(low)}`,
  );
};
