import { z } from 'zod';
import type { SteadyApi } from '../../chaos/steady-api.ts';

const AT_ONCE = 8;

/** A job that does next to nothing on a target that nobody connects to. @returns its serial */
export const makeJob = async (api: SteadyApi): Promise<string> => {
  const credential = { credential_type: 'password', username: 'nobody', password: 'none' };
  const target = await api.post('/targets', { name: 'nowhere', methods: [{ method_type: 'ssh', host: '127.0.0.1', port: 9, credential }] });
  const { target_serial: serial } = z.object({ target_serial: z.string() }).parse(target.body);
  const job = await api.post('/jobs', {
    name: 'next to nothing',
    targets: [serial],
    settings: { allow_shared_targets: true },
    actions: [{ action_type: 'wait', action_name: 'rest', action_parameters: { seconds: 1 } }],
  });
  return z.object({ job_serial: z.string() }).parse(job.body).job_serial;
};

/** Makes so many schedules of a job. @returns their serials */
export const makeSchedules = async (api: SteadyApi, count: number, fields: Record<string, unknown>): Promise<string[]> => {
  const serials: string[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      const { status, body } = await api.post('/schedules', { name: `schedule ${next}`, ...fields });
      if (status !== 201) throw new Error(`POST /schedules answered ${status}: ${JSON.stringify(body)}`);
      serials.push(z.object({ schedule_serial: z.string() }).parse(body).schedule_serial);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return serials;
};
