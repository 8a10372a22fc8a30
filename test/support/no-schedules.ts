import { OpsError } from '../../src/domain/ops-error.ts';
import type { TemporalSchedules } from '../../src/services/schedules/temporal-schedules.ts';

const away = () => Promise.reject(new OpsError('UNAVAILABLE', 'There is no Temporal here.'));

/** Of services that are tried without Temporal. */
export const NO_SCHEDULES: TemporalSchedules = {
  describe: away,
  put: away,
  setPaused: away,
  remove: away,
  backfill: away,
  instants: away,
  preview: away,
  starts: away,
  startFiring: away,
};
