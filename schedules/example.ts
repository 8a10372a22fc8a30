import { defineSchedule } from 'opsconductor/schedules';

const SITES = { Berlin: 'Europe/Berlin', 'New York': 'America/New_York', Sydney: 'Australia/Sydney' };

/** The same at each site, at night there. They begin paused. */
export const nightly = Object.entries(SITES).map(([site, timezone]) =>
  defineSchedule({
    name: `Nightly in ${site}`,
    job: 'Demo',
    when: { daily: { at: '02:15' } },
    timezone,
    labels: { site: site.toLowerCase().replace(' ', '-') },
    paused: true,
  }),
);
