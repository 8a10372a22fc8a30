import type { BlackoutEffect } from '../../contracts/enums.ts';
import type { CalendarWindow } from '../../contracts/json/schedules.ts';
import type { CalendarTimes } from '../../domain/calendars/blackouts.ts';
import { blackoutAt } from '../../domain/calendars/blackouts.ts';

/** What of a calendar decides. */
export interface CalendarRow extends CalendarTimes {
  name: string;
  windows: CalendarWindow[];
  target_selector: string | null;
  firing_effect: BlackoutEffect;
}

/** Table `c`. */
export const CALENDAR_COLUMNS = 'c.name, c.timezone, c.windows, c.target_selector, c.firing_effect';

/** A calendar that is blacked out now. */
export interface CalendarInForce<Row extends CalendarTimes = CalendarRow> {
  calendar: Row;
  summary: string | null;
  until: number | null;
}

/** Those of the calendars that are blacked out at this instant. */
export const inForce = <Row extends CalendarTimes>(calendars: readonly Row[], at: number): CalendarInForce<Row>[] =>
  calendars.flatMap((calendar) => {
    const blackout = blackoutAt(calendar, at);
    return blackout === undefined ? [] : [{ calendar, ...blackout }];
  });

/** SQL of names, in lower case, that a JSON column holds below the key `calendars`. */
export const namesIn = (column: string): string =>
  `SELECT lower(n) FROM jsonb_array_elements_text(coalesce(${column}->'calendars', '[]')) AS n`;
