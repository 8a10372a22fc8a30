const QUARTER_MS = 900_000;
const MINUTE_MS = 60_000;
const OFFSET = /([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/;

const two = (number: number): string => String(number).padStart(2, '0');

const offsetText = (offsetMs: number): string => {
  const minutes = Math.trunc(Math.abs(offsetMs) / MINUTE_MS);
  return `${offsetMs < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
};

/**
 * How far clocks of a zone are ahead of UTC at a time (milliseconds since 1970), in milliseconds.
 * @param zone IANA name. @throws RangeError for one that there is not.
 */
export const createZoneOffset = (zone: string): ((time: number) => number) => {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  // Clocks are changed at quarters of an hour; asking Intl for every line of a log would take longer than reading it.
  const known = { quarter: Number.NaN, offsetMs: 0 };
  return (time) => {
    const quarter = Math.floor(time / QUARTER_MS);
    if (quarter === known.quarter) return known.offsetMs;
    const name = format.formatToParts(time).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign = '+', hours = '0', minutes = '0', seconds = '0'] = OFFSET.exec(name) ?? [];
    const offsetMs = (sign === '-' ? -1 : 1) * ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
    Object.assign(known, { quarter, offsetMs });
    return offsetMs;
  };
};

/**
 * Shows times of the API (ISO 8601, UTC) as they are read in a zone: `2025-03-01 10:00:04.123 +01:00`.
 * @param zone IANA name. @throws RangeError for one that there is not.
 */
export const createZonedTime = (zone: string): ((iso: string) => string) => {
  const offsetAt = createZoneOffset(zone);
  return (iso) => {
    const time = Date.parse(iso);
    const offsetMs = offsetAt(time);
    const local = new Date(time + offsetMs).toISOString();
    return `${local.slice(0, 10)} ${local.slice(11, 23)} ${offsetText(offsetMs)}`;
  };
};
