import type { Sequelize, Transaction } from 'sequelize';
import type { Calendar } from '../../contracts/calendar.ts';
import { namesIn } from '../../db/calendars/calendar-rows.ts';
import { selectRows } from '../../db/query.ts';

type Use = Calendar['used_by'];

const SHOWN = 100;

/** Jobs and templates, and schedules, that name a calendar; the first hundred of each. */
export const calendarUse = async (db: Sequelize, name: string, transaction?: Transaction): Promise<Use> => {
  const jobs = await selectRows<Use['jobs'][number]>(
    db,
    `SELECT j.job_serial, j.name FROM jobs j WHERE j.deleted_at IS NULL AND j.settings ? 'calendars' AND lower($1) IN (${namesIn('j.settings')}) ORDER BY j.id LIMIT ${SHOWN}`,
    [name],
    transaction,
  );
  const schedules = await selectRows<Use['schedules'][number]>(
    db,
    `SELECT s.schedule_serial, s.name FROM job_schedules s WHERE s.deleted_at IS NULL AND s.schedule_config ? 'calendars' AND lower($1) IN (${namesIn('s.schedule_config')}) ORDER BY s.id LIMIT ${SHOWN}`,
    [name],
    transaction,
  );
  return { jobs, schedules };
};

const NAMED = 5;

/** `job J20250001 (Backup), schedule SCH…`; undefined when nothing names it. */
export const useText = ({ jobs, schedules }: Use): string | undefined => {
  const all = [
    ...schedules.map(({ schedule_serial: serial, name }) => `schedule ${serial} (${name})`),
    ...jobs.map(({ job_serial: serial, name }) => `job ${serial} (${name})`),
  ];
  if (all.length === 0) return undefined;
  return `${all.slice(0, NAMED).join(', ')}${all.length > NAMED ? ` and ${all.length - NAMED} more` : ''}`;
};
