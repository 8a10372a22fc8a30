import type { z } from 'zod';
import type {
  Calendar,
  CalendarBlackouts,
  CalendarSummary,
  CreateCalendar,
  ImportCalendar,
  ImportedCalendar,
} from '../../contracts/calendar.ts';

const WINDOWS: z.input<typeof CreateCalendar>['windows'] = [
  { kind: 'blackout', summary: 'Trading hours', weekly: { days: [1, 2, 3, 4, 5], from: '08:00', to: '18:30' } },
  { kind: 'blackout', summary: 'Christmas', dates: { from: '2025-12-24', to: '2025-12-26' } },
  {
    kind: 'blackout',
    summary: 'Month end',
    ical: { dtstart: '20250131T200000', duration: 'PT10H', rrule: 'FREQ=MONTHLY;BYMONTHDAY=-1' },
  },
];

export const CREATE_CALENDAR: z.input<typeof CreateCalendar> = {
  name: 'holidays',
  description: 'Nothing is changed while the shops are open.',
  timezone: 'Europe/Berlin',
  windows: WINDOWS,
  firing_effect: 'postpone',
  holds_runs: true,
};

const CALENDAR_UUID = '7c9e6679-7425-40de-944b-e07fc1f90ae7';

export const CALENDAR_SUMMARY: CalendarSummary = {
  calendar_uuid: CALENDAR_UUID,
  name: 'holidays',
  description: 'Nothing is changed while the shops are open.',
  timezone: 'Europe/Berlin',
  window_count: 3,
  target_selector: null,
  firing_effect: 'postpone',
  holds_runs: true,
  blackout: { summary: 'Trading hours', until: '2025-03-03T17:30:00.000Z' },
  created_by: 'ann',
  created_at: '2025-03-01T08:00:00.000Z',
  updated_at: '2025-03-01T08:00:00.000Z',
};

export const CALENDAR: Calendar = {
  ...CALENDAR_SUMMARY,
  windows: WINDOWS,
  used_by: { jobs: [{ job_serial: 'J20250001', name: 'Renew certificates' }], schedules: [] },
};

const ICS = `BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//EN
BEGIN:VEVENT
UID:1@example.org
DTSTART;VALUE=DATE:20251224
DTEND;VALUE=DATE:20251227
SUMMARY:Christmas
END:VEVENT
END:VCALENDAR
`;

export const IMPORT_CALENDAR: z.input<typeof ImportCalendar> = { name: 'holidays', text: ICS, timezone: 'Europe/Berlin', replace: true };

export const IMPORTED_CALENDAR: ImportedCalendar = {
  calendar: {
    ...CALENDAR,
    window_count: 1,
    windows: [{ kind: 'blackout', summary: 'Christmas', ical: { dtstart: '20251224', duration: 'P3D' } }],
    blackout: null,
  },
  imported: 1,
  refused: [],
};

export const CALENDAR_BLACKOUTS: CalendarBlackouts = {
  calendar: 'holidays',
  timezone: 'Europe/Berlin',
  from: '2025-12-23T23:00:00.000Z',
  to: '2025-12-26T23:00:00.000Z',
  blackouts: [{ from: '2025-12-23T23:00:00.000Z', to: '2025-12-26T23:00:00.000Z', summaries: ['Christmas'] }],
};
