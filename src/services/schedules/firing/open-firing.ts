import type { Transaction } from 'sequelize';
import type { FiringInput, FiringStep } from '../../../contracts/firing.ts';
import { findBlackout } from '../../../db/calendars/find-blackout.ts';
import { execute, selectRow } from '../../../db/query.ts';
import { claimInstant } from '../ledger/claim.ts';
import type { ClaimedRow } from '../ledger/claim.ts';
import { skipFiring } from '../../../db/schedules/close-firing.ts';
import type { ScheduleDeps, StartDelay } from '../schedule-deps.ts';
import { withScheduleLock } from '../schedule-lock.ts';
import { readScheduleRow } from '../schedule-row.ts';
import type { ScheduleRow } from '../schedule-row.ts';

/** A postponement ends this early at the soonest: what is asked in the same moment again must not spin. */
const LEAST_WAIT_MS = 1_000;
/** A calendar may be changed meanwhile: it is asked again after this part of what is left, some hundred times in all. */
const LOOKS = 100;
const BETWEEN_LOOKS_MS = 60_000;

/** Shorter than a local activity may take: it is tried again. */
const LOCK_WAIT_SECONDS = 8;

const waitFor = (until: Date): number => {
  const left = until.getTime() - Date.now();
  return Math.max(LEAST_WAIT_MS, Math.min(left, Math.max(BETWEEN_LOOKS_MS, Math.ceil(left / LOOKS))));
};

const blackoutFor = async ({ db }: ScheduleDeps, row: ScheduleRow) => {
  const { calendars = [], target_uuids, target_selector: selector } = row.schedule_config;
  const targetSelection = { ...(target_uuids !== undefined && { target_uuids }), ...(selector !== undefined && { selector }) };
  return findBlackout(db, { calendars, jobId: row.job_id, targetSelection }, new Date());
};

/** Whoever starts a run himself is not kept from it; what is in flight is held by calendars that hold runs. */
const isAsked = ({ firing_type: type }: ClaimedRow): boolean => type === 'run_now';

const obeyCalendars = async (deps: ScheduleDeps, row: ScheduleRow, claimed: ClaimedRow): Promise<FiringStep> => {
  const { id: firing } = claimed;
  const blackout = isAsked(claimed) ? undefined : await blackoutFor(deps, row);
  if (blackout === undefined) return { go: 'run', firing };
  const { calendar, summary, until } = blackout;
  if (blackout.effect === 'skip' || until === null) {
    const why = `The calendar ${calendar} has a blackout${summary === null ? '' : ` (${summary})`}${until === null ? ' that does not end' : ` until ${until.toISOString()}`}.`;
    await skipFiring(deps.db, firing, 'blackout', why);
    return { go: 'end' };
  }
  await execute(deps.db, 'UPDATE schedule_executions SET postponed_until = $2 WHERE id = $1', [firing, until]);
  return { go: 'wait', firing, waitMs: waitFor(until) };
};

const idOf = async ({ db }: ScheduleDeps, uuid: string): Promise<number | undefined> =>
  (await selectRow<{ id: number }>(db, 'SELECT id FROM job_schedules WHERE schedule_uuid = $1', [uuid]))?.id;

/**
 * Gives a firing its row in the ledger, whatever that said before, and asks the calendars. May be repeated, also after a wait.
 * @returns `end` for an instant that another run has, and in a blackout.
 */
export const openFiring = async (
  deps: ScheduleDeps & { observeStart: (delay: StartDelay) => void },
  input: FiringInput,
): Promise<FiringStep> => {
  const id = await idOf(deps, input.schedule);
  if (id === undefined) return { go: 'end' };
  const start = { ...input, nominal: new Date(input.nominal), startedAt: new Date(input.startedAt) };
  const claim = async (transaction: Transaction) => {
    const row = await readScheduleRow(deps.db, id, transaction);
    return row === undefined ? undefined : { row, claimed: await claimInstant(deps, row, start, transaction) };
  };
  const found = await withScheduleLock(deps.db, id, claim, LOCK_WAIT_SECONDS);
  if (found?.claimed === undefined) return { go: 'end' };
  const { row, claimed } = found;
  if (claimed.status !== 'running') return { go: 'end' };
  if (claimed.isNew) {
    const seconds = Math.max(0, (start.startedAt.getTime() - Date.parse(claimed.scheduled_at)) / 1_000);
    deps.observeStart({ firingType: claimed.firing_type, seconds });
  }
  return claimed.job_execution_id === null ? obeyCalendars(deps, row, claimed) : { go: 'run', firing: claimed.id };
};
