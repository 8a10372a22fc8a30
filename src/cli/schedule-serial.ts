import { OpsError } from '../domain/ops-error.ts';
import type { ApiClient } from './api-client.ts';
import { allPages } from './http/all-pages.ts';

/** Serial of a schedule that is named by its serial or its exact name. @throws OpsError NOT_FOUND, VALIDATION when several have the name */
export const scheduleSerial = async (client: ApiClient, text: string): Promise<string> => {
  if (/^JSCHED-\d{8,19}$/.test(text)) return text;
  const named: string[] = [];
  // The search finds parts of names, too; other jobs may have a schedule of this name.
  for await (const schedule of allPages((place) => client.listSchedules({ ...place, search: text })))
    if (schedule.name === text) named.push(`${schedule.schedule_serial} of ${schedule.job_serial}`);
  const [only] = named;
  if (only === undefined) throw new OpsError('NOT_FOUND', `There is no schedule named "${text}". See: opsconductor schedules list`);
  if (named.length > 1)
    throw new OpsError('VALIDATION', `${named.length} schedules are named "${text}"; give a serial: ${named.join(', ')}.`);
  return only.slice(0, only.indexOf(' '));
};

/** The same; undefined, for all schedules, stays. @throws OpsError NOT_FOUND, VALIDATION */
export const optionalSerial = async (client: ApiClient, text: string | undefined): Promise<string | undefined> =>
  text === undefined ? undefined : scheduleSerial(client, text);

/** Serial of a job that is named by its serial or its exact name. @throws OpsError NOT_FOUND, VALIDATION when several have the name */
export const jobSerial = async (client: ApiClient, text: string): Promise<string> => {
  if (/^J\d{8,19}$/.test(text)) return text;
  const named: string[] = [];
  for await (const job of allPages((place) => client.listJobs({ ...place, search: text })))
    if (job.name === text) named.push(job.job_serial);
  const [only] = named;
  if (only === undefined) throw new OpsError('NOT_FOUND', `There is no job named "${text}". See: opsconductor jobs list`);
  if (named.length > 1) throw new OpsError('VALIDATION', `${named.length} jobs are named "${text}"; give a serial: ${named.join(', ')}.`);
  return only;
};
