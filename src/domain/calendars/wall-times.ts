import { DAY_MS } from './zone-clock.ts';

const ICAL_TIME = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z)?)?$/;
const DURATION = /^P(?:(\d+)W|(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?)$/;

/** A time of iCalendar. */
export interface IcalMoment {
  /** Milliseconds as if of UTC. */
  time: number;
  isUtc: boolean;
  isDate: boolean;
}

/** @returns undefined for one that there is not, such as 20250230. */
export const readIcalTime = (text: string): IcalMoment | undefined => {
  const [, year, month, day, hour = '00', minute = '00', second = '00', utc] = ICAL_TIME.exec(text) ?? [];
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const date = new Date(iso);
  if (Number.isNaN(date.getTime()) || date.toISOString() !== iso) return undefined;
  return { time: date.getTime(), isUtc: utc !== undefined, isDate: !text.includes('T') };
};

/** Days of the calendar, and a time behind them that a stopwatch would measure. */
export interface CalendarDuration {
  days: number;
  milliseconds: number;
}

/** Weeks, days, hours, minutes and seconds. @returns undefined for years, months and fractions, and for what is no duration */
export const readDuration = (text: string): CalendarDuration | undefined => {
  const match = DURATION.exec(text);
  if (match === null || text.endsWith('T') || text === 'P') return undefined;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0));
  return { days: weeks * 7 + days, milliseconds: ((hours * 60 + minutes) * 60 + seconds) * 1_000 };
};

/** Milliseconds of a day at `03:30` or `24:00`. */
export const readTimeOfDay = (text: string): number => {
  const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000;
};

/** A date, or a wall time such as 2025-12-24T18:00. @returns undefined for a day that there is not */
export const readLocalTime = (text: string): number | undefined => {
  const [date = '', time = '00:00'] = text.split('T');
  const day = new Date(`${date}T00:00:00.000Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) return undefined;
  return day.getTime() + readTimeOfDay(time);
};

/** Behind the end of a period: a date includes its day. */
export const readLocalEnd = (text: string): number | undefined => {
  const time = readLocalTime(text);
  return time === undefined || text.includes('T') ? time : time + DAY_MS;
};
