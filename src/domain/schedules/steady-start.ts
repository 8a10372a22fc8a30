import { HOUR_MS } from './wall-pattern.ts';
import { zoneChanges } from './zone-changes.ts';

const BEFORE_MS = 3 * HOUR_MS;
/** Where clocks skip midnight Temporal errs until the end of that day. */
const AFTER_MS = 27 * HOUR_MS;

/**
 * From when Temporal is to be asked for instants after a time, so that it finds what a schedule that has run all along will do: asked from within the hours around a
 * change of clocks it answers otherwise (Berlin's daily 02:30 is at 03:30, or not at all). What is not after `from` is then left out by the caller.
 * @returns `from` itself when no clock changes near it. @throws RangeError for a zone that there is not.
 */
export const steadyStart = (timezone: string, from: Date): Date => {
  const time = from.getTime();
  const [change] = zoneChanges(timezone, time - AFTER_MS, time + BEFORE_MS);
  return change === undefined ? from : new Date(Math.min(time, change.at - BEFORE_MS));
};
