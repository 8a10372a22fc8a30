import { Context } from '@temporalio/activity';

type AnyActivity = (...input: never[]) => Promise<unknown>;

/** A heartbeat that is late by two thirds of its limit is still in time. */
const BEATS_PER_TIMEOUT = 3;

/** The same activities, beating while they work where the workflow asks for it: the death of a worker is then noticed before the activity's own limit. */
export const withHeartbeats = <All extends Record<string, AnyActivity>>(activities: All): All => {
  const beating = Object.entries(activities).map(([name, run]): [string, AnyActivity] => [
    name,
    async (...input) => {
      const { info, heartbeat } = Context.current();
      if (info.heartbeatTimeoutMs === undefined) return run(...input);
      const beat = setInterval(heartbeat, info.heartbeatTimeoutMs / BEATS_PER_TIMEOUT);
      try {
        return await run(...input);
      } finally {
        clearInterval(beat);
      }
    },
  ]);
  return Object.fromEntries(beating) as All;
};
