import type { Caller } from '../../../src/services/context.ts';
import { OpsError } from '../../../src/domain/ops-error.ts';
import { CreateSchedule } from '../../../src/contracts/schedule.ts';
import type { Schedule, ScheduleFiring } from '../../../src/contracts/schedule.ts';
import { authenticate } from '../../../src/services/auth/authenticate.ts';
import { listFirings } from '../../../src/services/schedules/read-firings.ts';
import { settleSchedule } from '../../../src/services/schedules/settle-schedule.ts';
import { selectRow } from '../../../src/db/query.ts';
import { createSchedule } from '../../../src/services/schedules/write-schedule.ts';
import type { TestPlatform } from '../../support/platform.ts';

export const nobody = { ipAddress: undefined, userAgent: undefined, requestId: undefined };

/** The administrator of a platform. */
export const adminOf = (platform: TestPlatform): Promise<Caller> => authenticate(platform.services, platform.token, nobody);

/** A job that is not run yet. @returns its serial */
export const createJob = async (
  { api }: TestPlatform,
  targets: readonly string[],
  actions: readonly object[],
  fields: Record<string, unknown> = {},
): Promise<string> => {
  const job = await api('POST', '/api/v1/jobs', { name: 'scheduled job', targets, actions, ...fields });
  if (job.status !== 201) throw new Error(JSON.stringify(job.body));
  return job.body.job_serial as string;
};

/** Rules that fire once each, so many seconds from the next whole second on: no rule of a schedule has less than a minute. */
export const inSeconds = (...seconds: number[]): { once: string }[] => {
  const start = Math.ceil(Date.now() / 1_000) * 1_000;
  return seconds.map((second) => ({ once: new Date(start + second * 1_000).toISOString() }));
};

export const addSchedule = async (platform: TestPlatform, job: string, fields: Record<string, unknown>): Promise<Schedule> =>
  createSchedule(platform.services, await adminOf(platform), CreateSchedule.parse({ name: 'schedule', job, ...fields }));

/** The ledger of a schedule, earliest instant first. */
export const ledgerOf = async (platform: TestPlatform, serial: string): Promise<ScheduleFiring[]> =>
  (await listFirings(platform.services, await adminOf(platform), serial, { limit: 500, sort: 'scheduled' })).data;

/** Does what the reconciler does each minute, for one schedule. */
export const settle = async ({ db, scheduleDeps }: TestPlatform, serial: string): Promise<string> => {
  const row = await selectRow<{ id: number }>(db, 'SELECT id FROM job_schedules WHERE schedule_serial = $1', [serial]);
  return settleSchedule(scheduleDeps, row?.id ?? 0);
};

/** Waits until the ledger is so. @param meanwhile is done before each look. */
export const untilRows = async (
  platform: TestPlatform,
  serial: string,
  isSo: (rows: readonly ScheduleFiring[]) => boolean,
  meanwhile: () => Promise<unknown> = async () => {},
): Promise<ScheduleFiring[]> => {
  for (;;) {
    await meanwhile();
    const rows = await ledgerOf(platform, serial);
    if (isSo(rows)) return rows;
  }
};

/** The same; before each look the reconciler has its turn. */
export const untilLedger = (
  platform: TestPlatform,
  serial: string,
  isSo: (rows: readonly ScheduleFiring[]) => boolean,
  meanwhile: () => Promise<unknown> = async () => {},
): Promise<ScheduleFiring[]> =>
  untilRows(platform, serial, isSo, async () => {
    await meanwhile();
    // As for the reconciler, a call that Temporal does not answer in time is one that is made again.
    await settle(platform, serial).catch((error: unknown) => {
      if (!(error instanceof OpsError) || error.code !== 'UNAVAILABLE') throw error;
    });
  });

export const hasEnded = ({ status }: ScheduleFiring): boolean => status !== 'scheduled' && status !== 'running';
export const allEnded = (rows: readonly ScheduleFiring[]): boolean => rows.length > 0 && rows.every((row) => hasEnded(row));

/** What became of an instant, in a word or two. */
export const outcome = ({ status, skip_reason: reason }: ScheduleFiring): string => (reason === null ? status : `${status}: ${reason}`);

/** A target that nothing connects to. @returns its serial */
export const addTarget = async ({ api }: TestPlatform, name = 'nowhere'): Promise<string> => {
  const target = await api('POST', '/api/v1/targets', {
    name,
    methods: [
      { method_type: 'ssh', host: '127.0.0.1', port: 9, credential: { credential_type: 'password', username: 'nobody', password: 'none' } },
    ],
  });
  if (target.status !== 201) throw new Error(JSON.stringify(target.body));
  return target.body.target_serial as string;
};

/** An action that lasts until somebody answers. */
export const approval = () => ({
  action_type: 'approval',
  action_name: 'ask',
  action_parameters: { approvers: [{ type: 'role', value: 'admin' }] },
});

/** Approves, or rejects, all that waits. @param job its runs alone */
export const answerAll = async ({ api }: TestPlatform, answer: 'approved' | 'rejected' = 'approved', job?: string): Promise<void> => {
  const { body } = await api('GET', '/api/v1/executions/approvals');
  const waiting: { execution_serial: string; action_serial: string }[] = body.data;
  for (const { execution_serial: run, action_serial: action } of waiting)
    if (job === undefined || run.startsWith(`${job}.`)) await api('POST', `/api/v1/executions/${run}/actions/${action}/answer`, { answer });
};
