import { expect, test } from 'vitest';
import { sessionClock } from '../../src/domain/session-limits.ts';

const LIMITS = { session_timeout_seconds: 28_800, inactivity_timeout_minutes: 60, warning_time_minutes: 2 };
const START = Date.parse('2025-03-01T08:00:00Z');
const at = (seconds: number): Date => new Date(START + seconds * 1_000);
const TIMES = { created: at(0), expires: at(28_800), lastActivity: at(0) };

test('a session that is not used ends by inactivity, and warns before', () => {
  const clock = (seconds: number) => sessionClock(at(seconds), TIMES, LIMITS);
  expect(clock(0)).toEqual({ expiresAt: at(28_800), idleEndsAt: at(3_600), secondsLeft: 3_600, isWarning: false, warningSeconds: 120 });
  expect([clock(3_479).isWarning, clock(3_480).isWarning, clock(3_599.5).secondsLeft, clock(9_999).secondsLeft]).toEqual([
    false,
    true,
    1,
    0,
  ]);
});

test('use puts off the end by inactivity, never the absolute one', () => {
  const used = { ...TIMES, lastActivity: at(28_000) };
  expect(sessionClock(at(28_000), used, LIMITS)).toMatchObject({ secondsLeft: 800, isWarning: false });
  expect(sessionClock(at(28_700), { ...TIMES, lastActivity: at(28_700) }, LIMITS)).toMatchObject({ secondsLeft: 100, isWarning: true });
});

test('a limit that was lowered since the login counts, one that was raised does not', () => {
  expect(sessionClock(at(0), TIMES, { ...LIMITS, session_timeout_seconds: 600 }).expiresAt).toEqual(at(600));
  expect(sessionClock(at(0), TIMES, { ...LIMITS, session_timeout_seconds: 86_400 }).expiresAt).toEqual(at(28_800));
  expect(sessionClock(at(0), TIMES, { ...LIMITS, inactivity_timeout_minutes: 5 }).secondsLeft).toBe(300);
});
