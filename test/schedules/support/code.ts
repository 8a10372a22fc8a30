import { randomUUID } from 'node:crypto';
import { createScheduleControl } from '../../../src/temporal/schedules/schedule-control.ts';
import type { TemporalSchedules } from '../../../src/services/schedules/temporal-schedules.ts';
import type { Answer, TestPlatform } from '../../support/platform.ts';
import { command } from '../../support/fleet.ts';
import { createJob } from './schedules.ts';

/** Far enough that nothing fires in a test. */
export const RARELY = { monthly: { day: new Date().getUTCDate() < 15 ? 20 : 10, at: '03:00' } };

export interface Fixture {
  target: string;
  job: string;
}

/** A target, and a job by the name of `Disk space` with variables of which one is secret. */
export const createFixture = async (platform: TestPlatform, name = 'Disk space'): Promise<Fixture> => {
  const target = await platform.api('POST', '/api/v1/targets', {
    name: `target ${randomUUID()}`,
    methods: [{ method_type: 'ssh', host: `${randomUUID()}.example.org` }],
  });
  const job = await createJob(platform, [target.body.target_serial], [command('true')], {
    name,
    variables: [
      { key: 'PATH_TO_CHECK', type: 'string', value: '/' },
      { key: 'LIMIT', type: 'number', value: 80, min: 1, max: 100 },
      { key: 'TOKEN', type: 'string', is_secret: true, value: 'first-secret' },
    ],
  });
  return { target: target.body.target_serial, job };
};

export const sources = (definitions: readonly object[], file = 'schedules/test.yaml') =>
  definitions.map((definition, index) => ({ source: `${file}:${index + 1}`, definition }));

export const plan = async ({ api }: TestPlatform, definitions: readonly object[], prune = false): Promise<Answer['body']> =>
  (await api('POST', '/api/v1/schedules/plan', { definitions: sources(definitions), prune })).body;

/** How many of which change a plan tells. */
export const counted = ({ changes }: { changes: { change: string }[] }): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(changes, ({ change }) => change)].map(([change, of]) => [change, of.length]));

export const apply = async ({ api }: TestPlatform, definitions: readonly object[], prune = false): Promise<Answer> =>
  api('POST', '/api/v1/schedules/apply', { definitions: sources(definitions), prune });

/** No schedules any more, neither here nor in Temporal. */
export const removeAll = async (platform: TestPlatform): Promise<void> => {
  await platform.db.query(`UPDATE job_schedules SET definition_source = 'code' WHERE deleted_at IS NULL`);
  // One apply tells Temporal of as many as it has time for.
  for (let pending = 1; pending > 0;) {
    const { status, body } = await apply(platform, [], true);
    if (status !== 200) throw new Error(JSON.stringify(body));
    ({ pending } = body);
  }
  await platform.db.query('DELETE FROM job_schedules');
};

/** Temporal's schedules, of which a call can be made to fail, and are counted. */
export const breakable = (platform: TestPlatform) => {
  const real = createScheduleControl(platform.client, platform.taskQueuePrefix);
  const calls: string[] = [];
  let failing: ((call: string, id: string) => 'before' | 'after' | undefined) | undefined;
  const watched =
    <Args extends [string, ...unknown[]], Result>(name: string, work: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      calls.push(name);
      const when = failing?.(name, args[0]);
      if (when === 'before') throw new Error(`Temporal is away before ${name}`);
      const result = await work(...args);
      if (when === 'after') throw new Error(`Temporal is away after ${name}`);
      return result;
    };
  const schedules: TemporalSchedules = {
    ...real,
    describe: watched('describe', real.describe),
    put: watched('put', real.put),
    setPaused: watched('setPaused', real.setPaused),
    remove: watched('remove', real.remove),
    instants: (schedule, ...period) => watched('instants', (_id: string) => real.instants(schedule, ...period))(schedule.id),
  };
  return {
    schedules,
    calls,
    fail: (by: typeof failing): void => {
      failing = by;
    },
  };
};
