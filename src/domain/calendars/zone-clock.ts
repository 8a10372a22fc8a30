/** Wall times are milliseconds as if they were of UTC: 1970-01-01T00:00 is 0 in every zone. */
export interface ZoneClock {
  /** The wall time at an instant. */
  localAt(instant: number): number;
  /**
   * The instant at which a wall clock shows this time. One that is shown twice, since clocks go back, is the first or the last of the two; one that is
   * never shown, since clocks go forward, is the moment at which they do.
   */
  instantOf(local: number, which?: 'first' | 'last'): number;
}

export const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;
const KNOWN_DAYS = 2_000;
const OFFSET = /([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/;

const readOffset = (name: string): number => {
  const [, sign = '+', hours = '0', minutes = '0', seconds = '0'] = OFFSET.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
};

/** The offsets of a zone; days on which it does not change, which are nearly all, are remembered. */
const createOffsetAt = (zone: string): ((instant: number) => number) => {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
  const ask = (instant: number): number =>
    readOffset(format.formatToParts(instant).find(({ type }) => type === 'timeZoneName')?.value ?? '');
  const days = new Map<number, number | undefined>();
  return (instant) => {
    const day = Math.floor(instant / DAY_MS);
    if (!days.has(day)) {
      if (days.size >= KNOWN_DAYS) days.clear();
      const first = ask(day * DAY_MS);
      days.set(day, first === ask((day + 1) * DAY_MS) ? first : undefined);
    }
    // Clocks are changed at quarters of an hour.
    return days.get(day) ?? ask(Math.floor(instant / QUARTER_MS) * QUARTER_MS);
  };
};

const clocks = new Map<string, ZoneClock>();
const KNOWN_ZONES = 100;

/** @param zone IANA name. @throws RangeError for one that there is not. */
export const zoneClock = (zone: string): ZoneClock => {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const made = createZoneClock(createOffsetAt(zone));
  if (clocks.size >= KNOWN_ZONES) clocks.clear();
  clocks.set(zone, made);
  return made;
};

const createZoneClock = (offsetAt: (instant: number) => number): ZoneClock => ({
  localAt: (instant) => instant + offsetAt(instant),
  instantOf(local, which = 'first') {
    const [before, after] = [offsetAt(local - DAY_MS), offsetAt(local + DAY_MS)];
    const shown = [local - before, local - after].filter((instant) => instant + offsetAt(instant) === local);
    if (shown.length > 0) return which === 'first' ? Math.min(...shown) : Math.max(...shown);
    return momentOfChange(offsetAt, local - after, local - before);
  },
});

/** The first instant of the later offset. */
const momentOfChange = (offsetAt: (instant: number) => number, from: number, to: number): number => {
  const later = offsetAt(to);
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === later) high = middle;
    else low = middle;
  }
  return high;
};

/** Is it the name of a zone that this server knows? */
export const isZone = (zone: string): boolean => {
  try {
    return /^[A-Za-z]/.test(zone) && new Intl.DateTimeFormat('en-US', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
};
