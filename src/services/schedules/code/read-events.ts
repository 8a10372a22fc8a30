import type { PutBack } from '../../../contracts/schedule-code.ts';
import { selectRows } from '../../../db/query.ts';
import type { ServiceDeps } from '../../context.ts';
import { iso } from '../../iso.ts';
import type { CodeRow } from './code-rows.ts';
import { leafDifferences } from './leaf-differences.ts';

const MOST = 1_000;

type EventRow = Omit<PutBack, 'name' | 'differences'> & { differences: PutBack['differences'] | null };

/** What was done to these schedules in Temporal in the last seven days, and was put back or taken over. */
export const readEvents = async ({ db }: ServiceDeps, rows: readonly CodeRow[]): Promise<PutBack[]> => {
  if (rows.length === 0) return [];
  const names = new Map(rows.map(({ schedule_serial: serial, name }) => [serial, name]));
  const events = await selectRows<EventRow>(
    db,
    `SELECT resource_id AS schedule_serial, ${iso('occurred_at')} AS at, action, details->>'note' AS note, details->'differences' AS differences
     FROM audit_events WHERE resource_type = 'job_schedules' AND resource_id = ANY($1::text[]) AND occurred_at > now() - interval '7 days'
       AND actor_type = 'system' AND (action = 'restore_schedule' OR (action IN ('pause_schedule', 'resume_schedule') AND details->>'where' = 'Temporal'))
     ORDER BY occurred_at DESC, id DESC LIMIT ${MOST}`,
    [[...names.keys()]],
  );
  return events.map(({ differences, ...event }) => ({
    ...event,
    name: names.get(event.schedule_serial) ?? '',
    differences: (differences ?? []).flatMap(({ path, before, after }) => leafDifferences({ [path]: before }, { [path]: after })),
  }));
};
