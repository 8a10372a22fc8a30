import type { Connection } from 'oracledb';

const [FRACTION, ZONE, IS_REGION] = [7, 11, 0x80];

type ParseDate = (bytes: Buffer, isLocal: boolean, isOfDatabase: boolean) => Date;

/** Part of the driver that its types do not tell of. @throws Error when this version of the driver is built otherwise. */
const within = (owner: object, ...path: readonly string[]): object => {
  let found: unknown = owner;
  for (const key of path) found = typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined;
  if (typeof found === 'object' && found !== null) return found;
  throw new Error(`This version of oracledb has no ${path.join('.')}.`);
};

/** Minutes by which the zone of a moment is ahead of UTC; a region by name is no more than its number here, and is told in UTC. */
const zoneMinutes = (bytes: Buffer): number => {
  const [hours = 20, minutes = 60] = bytes.subarray(ZONE);
  return (hours & IS_REGION) === 0 ? (hours - 20) * 60 + minutes - 60 : 0;
};

const zoneText = (minutes: number): string => {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((part) => String(part).padStart(2, '0'));
  return ` ${minutes < 0 ? '-' : '+'}${hours}:${rest}`;
};

/** `2024-02-29 12:34:56.123456789` of a moment whose clock is read as UTC. */
const clockText = (moment: Date, bytes: Buffer): string => {
  const nanoseconds = bytes.length >= ZONE ? bytes.readUInt32BE(FRACTION) : 0;
  return `${moment.toISOString().slice(0, -5).replace('T', ' ')}.${String(nanoseconds).padStart(9, '0')}`;
};

/**
 * Lets the driver read dates and moments as text with all their digits, `2024-02-29 12:34:56.123456789 +02:00`. Of itself it makes objects of JavaScript
 * of them, which end at milliseconds, know no zone, and leave out the hours that the zone of this process leaves out.
 * @throws Error when this version of the driver is built otherwise.
 */
export const readMomentsAsText = (connection: Connection): void => {
  const reader = within(connection, '_impl', '_protocol', 'readBuf');
  const parse: unknown = Reflect.get(reader, 'parseOracleDate');
  if (typeof parse !== 'function') throw new Error('This version of oracledb has no parseOracleDate.');
  const parseUtc = (parse as ParseDate).bind(reader);
  Reflect.set(reader, 'parseOracleDate', (bytes: Buffer, isLocal: boolean, isOfDatabase: boolean): string => {
    const moment = parseUtc(bytes, false, isOfDatabase);
    if (isLocal) return clockText(moment, bytes);
    const minutes = isOfDatabase ? 0 : zoneMinutes(bytes);
    return clockText(new Date(moment.getTime() + minutes * 60_000), bytes) + zoneText(minutes);
  });
};

/** The text of a moment with that many digits of its seconds' fraction. */
export const withDigits =
  (digits: number) =>
  (text: unknown): unknown =>
    typeof text === 'string'
      ? text.replace(/\.(\d{9})/, (_, fraction: string) => (digits === 0 ? '' : `.${fraction.slice(0, digits)}`))
      : text;
