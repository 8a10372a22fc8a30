import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ScheduleFiring } from '../../client/index.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ApiClient } from '../api-client.ts';
import { readDefinitions } from '../schedule-code/read-definitions.ts';
import { inUtc, outcomeText } from '../schedule-text.ts';
import { durationText } from '../terminal/duration-text.ts';
import { renderTable } from '../terminal/render-table.ts';

const EXAMPLE = fileURLToPath(new URL('../../../schedules/example.yaml', import.meta.url));
/** Of the schedules of the example the one that is not paused. */
const NAME = 'Every minute';
const LOOK_MS = 300;
/** A minute until it fires, and the time of a run. */
const LONGEST_MS = 150_000;
const ROWS_SHOWN = 4;

const hasRun = ({ status, run }: ScheduleFiring): boolean => run !== null && (status === 'completed' || status === 'failed');

/** What the example defines is applied as `opsconductor schedules apply` does it. @returns the serial of the schedule that fires, and when it will */
export const applyDemoSchedules = async (client: ApiClient): Promise<{ serial: string; name: string; next: string | null }> => {
  const { found } = await readDefinitions([EXAMPLE], process.stderr);
  await client.applySchedules({ definitions: found.map(({ source, definition }) => ({ source, definition })), prune: false });
  const { data } = await client.listSchedules({ search: NAME });
  const [schedule] = data;
  if (schedule?.schedule_serial === undefined) throw new OpsError('INTERNAL', `${EXAMPLE} defines no schedule "${NAME}".`);
  return { serial: schedule.schedule_serial, name: NAME, next: schedule.next_run_at ?? null };
};

/** Waits until it has fired and its run has ended. @returns its ledger, earliest instant first; @throws OpsError when it does not */
export const untilFired = async (client: ApiClient, serial: string, signal: AbortSignal): Promise<ScheduleFiring[]> => {
  const end = Date.now() + LONGEST_MS;
  for (;;) {
    const { data } = await client.listScheduleFirings(serial, { sort: 'scheduled', limit: ROWS_SHOWN });
    const firings = data as ScheduleFiring[];
    if (firings.some((firing) => hasRun(firing))) return firings;
    if (Date.now() > end)
      throw new OpsError('INTERNAL', `${serial} has not fired within ${LONGEST_MS / 1_000} s: opsconductor schedules history ${serial}`);
    await sleep(LOOK_MS, undefined, { signal });
  }
};

/** Its ledger for people: what became of each instant, and those to come. */
export const firingTable = (firings: readonly ScheduleFiring[], width: number | undefined): string => {
  const now = Date.now();
  const rows = firings.map((firing) => [
    inUtc(firing.scheduled_at),
    outcomeText(firing, now),
    firing.start_delay_ms === null ? '' : durationText(firing.start_delay_ms),
    firing.run ?? '',
    firing.error_message ?? firing.result_summary ?? '',
  ]);
  return renderTable([['PLANNED', 'OUTCOME', 'DELAY', 'RUN', 'SAYS'], ...rows], { width, right: [2] });
};
