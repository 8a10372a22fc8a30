import { instantWorkflowId } from '../../src/domain/schedules/firing-ids.ts';
import type { DescribedSchedule, DesiredSchedule, TemporalSchedules } from '../../src/services/schedules/temporal-schedules.ts';
import { FILLED_HASH } from './schedule-rows.ts';

const STEP_MS = 1_800_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const instantsOf = (from: Date, to: Date, limit: number): Date[] => {
  const instants: Date[] = [];
  for (let at = (Math.floor(from.getTime() / STEP_MS) + 1) * STEP_MS; at <= to.getTime() && instants.length < limit; at += STEP_MS)
    instants.push(new Date(at));
  return instants;
};

const hourNow = (): Date => new Date(Math.floor(Date.now() / HOUR_MS) * HOUR_MS);

const describe = (id: string, said: Partial<DescribedSchedule> = {}): DescribedSchedule => {
  const at = hourNow();
  const workflowId = instantWorkflowId(id.slice(id.indexOf('/') + 1), at);
  return {
    definitionHash: FILLED_HASH,
    described: {},
    describedHash: FILLED_HASH,
    paused: false,
    note: null,
    remaining: undefined,
    createdAt: new Date(at.getTime() - 30 * DAY_MS),
    lastUpdatedAt: new Date(at.getTime() - 30 * DAY_MS),
    next: [new Date(at.getTime() + HOUR_MS)],
    bufferSize: 0,
    counters: { taken: 100, skipped_overlap: 0, missed_catchup: 0, buffer_dropped: 0 },
    recent: [{ workflowId, runId: 'run', scheduledAt: at, startedAt: at }],
    ...said,
  };
};

const putOf = (id: string, { definitionHash, paused, note, remaining }: DesiredSchedule): DescribedSchedule =>
  describe(id, { definitionHash, paused, note, remaining, lastUpdatedAt: new Date() });

/** In place of a Temporal: every schedule is there as the fill has it, has just started one workflow, and fires each half hour. It keeps nothing. */
export const ANSWERING_SCHEDULES: TemporalSchedules = {
  describe: async (id) => describe(id),
  put: async (id, desired) => putOf(id, desired),
  setPaused: async (id, paused, note) => describe(id, { paused, note }),
  remove: async () => {},
  backfill: async () => {},
  instants: async (_, from, to, limit = 1_000) => instantsOf(from, to, limit),
  preview: async (_, from, to, limit) => instantsOf(from, to, limit),
  starts: async (id) => [...describe(id).recent],
  startFiring: async () => {},
};
