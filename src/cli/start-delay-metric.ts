import type { Registry } from '../metrics/registry.ts';
import type { StartDelay } from '../services/schedules/schedule-deps.ts';

const BUCKETS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900];

/** How late firings of schedules start, told by the worker that takes them. */
export const startDelayMetric = (registry: Registry): ((delay: StartDelay) => void) => {
  const delays = registry.histogram(
    'opsconductor_schedule_start_delay_seconds',
    'From the planned instant of a firing to its start, by whether it was planned, backfilled or asked for.',
    BUCKETS,
  );
  return ({ firingType, seconds }) => delays.observe({ type: firingType }, seconds);
};
