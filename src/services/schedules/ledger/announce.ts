import type { Transaction } from 'sequelize';
import { execute } from '../../../db/query.ts';
import type { ScheduleDeps } from '../schedule-deps.ts';
import type { ScheduleRow } from '../schedule-row.ts';
import type { DescribedSchedule } from '../temporal-schedules.ts';

/** Instants have their row so long before. */
const AHEAD_MS = 3_600_000;
/** In one go; a schedule that Temporal had lost for long comes back in several. */
const MOST_INSTANTS = 5_000;

const INSERT = `INSERT INTO schedule_executions (job_schedule_id, scheduled_at) SELECT $1, unnest($2::timestamptz[])
ON CONFLICT (job_schedule_id, scheduled_at) DO NOTHING`;

/**
 * Gives each instant that Temporal announces for the coming hour its row. It is asked from before where the ledger ends by the jitter: a cut between the
 * nominal time of an instant and its own would lose it (temporal guide, 12.3).
 * @returns up to when the ledger reaches now.
 */
export const announceInstants = async (
  { db, schedules }: ScheduleDeps,
  row: Pick<ScheduleRow, 'id' | 'ledger_until' | 'jitter_seconds' | 'temporal_schedule_id' | 'timezone'>,
  { createdAt }: Pick<DescribedSchedule, 'createdAt'>,
  now: Date,
  transaction: Transaction,
): Promise<Date> => {
  const known = row.ledger_until === null ? createdAt : new Date(row.ledger_until);
  const to = new Date(now.getTime() + AHEAD_MS);
  if (known.getTime() - now.getTime() > AHEAD_MS / 2) return known;
  const early = new Date(known.getTime() - row.jitter_seconds * 1_000);
  const ask = (from: Date, until: Date) =>
    schedules.instants({ id: row.temporal_schedule_id, timezone: row.timezone }, from, until, MOST_INSTANTS);
  // Missed while Temporal did not have it; of an instant whose nominal time is before it was made Temporal starts nothing, however late its own is.
  const missed = known < createdAt ? await ask(early, createdAt) : [];
  const coming = await ask(known < createdAt ? createdAt : early, to);
  const instants = [...missed, ...coming].slice(0, MOST_INSTANTS);
  const fresh = instants.filter((at) => at > known);
  const until = instants.length === MOST_INSTANTS ? (fresh.at(-1) ?? to) : to;
  if (fresh.length > 0) await execute(db, INSERT, [row.id, fresh], transaction);
  await execute(db, 'UPDATE job_schedules SET ledger_until = $2 WHERE id = $1', [row.id, until], transaction);
  return until;
};

/** The instants of a former spec that have not come are planned no more. @param from later ones go */
export const withdrawInstants = async (
  { db }: Pick<ScheduleDeps, 'db'>,
  { id }: Pick<ScheduleRow, 'id'>,
  from: Date,
  transaction: Transaction,
): Promise<void> => {
  await execute(
    db,
    `DELETE FROM schedule_executions WHERE job_schedule_id = $1 AND status = 'scheduled' AND firing_type = 'planned' AND scheduled_at > $2`,
    [id, from],
    transaction,
  );
};
