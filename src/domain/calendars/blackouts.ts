import type { CalendarWindow } from '../../contracts/json/schedules.ts';
import { windowSpans } from './window-spans.ts';
import type { Span } from './window-spans.ts';
import { DAY_MS, zoneClock } from './zone-clock.ts';

/** What of a calendar says when it is blacked out. */
export interface CalendarTimes {
  timezone: string;
  windows: readonly CalendarWindow[];
}

/** A time in which a calendar is blacked out, and by what. */
export interface BlackoutSpan extends Span {
  /** Of the windows that it is made of; of what no window allows, that. */
  summaries: string[];
}

/** For so long it is looked when a blackout ends. */
export const HORIZON_DAYS = 400;
export const OUTSIDE = 'outside the allowed windows';

/** Looked at one after the other: most blackouts end within days. */
const LOOKS_DAYS = [8, 64, HORIZON_DAYS];

/** When a calendar is blacked out in a period, cut at its ends; what overlaps or follows at once is one. */
export const blackoutsBetween = ({ timezone, windows }: CalendarTimes, period: Span): BlackoutSpan[] => {
  const clock = zoneClock(timezone);
  const spansOf = (kind: CalendarWindow['kind']): BlackoutSpan[] =>
    windows
      .filter((window) => window.kind === kind)
      .flatMap((window) =>
        windowSpans(window, clock, period).map((span) => ({ ...span, summaries: window.summary === undefined ? [] : [window.summary] })),
      );
  const blackouts = spansOf('blackout');
  const isLimited = windows.some(({ kind }) => kind === 'allowed');
  const outside = isLimited ? outsideOf(spansOf('allowed'), period) : [];
  return merged([...blackouts, ...outside].map((span) => ({ ...span, ...cut(span, period) })));
};

const cut = ({ from, to }: Span, period: Span): Span => ({ from: Math.max(from, period.from), to: Math.min(to, period.to) });

const outsideOf = (allowed: readonly BlackoutSpan[], period: Span): BlackoutSpan[] => {
  const open = merged(allowed);
  const edges = [period.from, ...open.flatMap(({ from, to }) => [from, to]), period.to];
  const spans: BlackoutSpan[] = [];
  for (let edge = 0; edge < edges.length; edge += 2) {
    const [from = 0, to = 0] = [edges[edge], edges[edge + 1]];
    if (to > from) spans.push({ from, to, summaries: [OUTSIDE] });
  }
  return spans;
};

/** In order, without overlaps and without gaps of no length. */
const merged = (spans: readonly BlackoutSpan[]): BlackoutSpan[] => {
  const result: BlackoutSpan[] = [];
  for (const span of spans.toSorted((one, other) => one.from - other.from)) {
    const last = result.at(-1);
    if (last === undefined || span.from > last.to) {
      result.push({ ...span, summaries: [...span.summaries] });
      continue;
    }
    last.to = Math.max(last.to, span.to);
    for (const summary of span.summaries) if (!last.summaries.includes(summary)) last.summaries.push(summary);
  }
  return result;
};

/** A blackout that is in force. */
export interface CurrentBlackout {
  /** Of a window that is in force now. */
  summary: string | null;
  /** The first moment at which the calendar is open again, in milliseconds since 1970; null: not within the horizon. */
  until: number | null;
}

/** Is a calendar blacked out at an instant, by what, and until when? */
export const blackoutAt = (times: CalendarTimes, at: number): CurrentBlackout | undefined => {
  const [now] = blackoutsBetween(times, { from: at, to: at + 1 });
  return now && { summary: now.summaries[0] ?? null, until: openForAll([times], at) };
};

/** The first moment from this one on at which all of these calendars are open; null: none within the horizon. */
export const openForAll = (calendars: readonly CalendarTimes[], at: number): number | null => {
  for (const days of LOOKS_DAYS) {
    const period = { from: at, to: at + days * DAY_MS };
    const [first] = merged(calendars.flatMap((times) => blackoutsBetween(times, period)));
    if (first === undefined || first.from > at) return at;
    if (first.to < period.to) return first.to;
  }
  return null;
};
