import { CreateJob } from '../../../src/contracts/job.ts';
import { CreateTarget } from '../../../src/contracts/target.ts';
import { cancelExecution } from '../../../src/services/executions/cancel-execution.ts';
import { checkValues } from '../../../src/services/executions/check-values.ts';
import { planRun } from '../../../src/services/executions/plan-run.ts';
import { startExecution } from '../../../src/services/executions/start-execution.ts';
import { jobRevision } from '../../../src/services/jobs/job-revision.ts';
import { getJob } from '../../../src/services/jobs/read-jobs.ts';
import { updateJob } from '../../../src/services/jobs/update-job.ts';
import { createJob, deleteJob } from '../../../src/services/jobs/write-job.ts';
import { changeDangerousPatterns, readDangerousPatterns } from '../../../src/services/system/dangerous-patterns.ts';
import { acceptHostKey } from '../../../src/services/targets/accept-host-key.ts';
import { testConnection, testMethodConfig } from '../../../src/services/targets/test-connection.ts';
import { getTarget } from '../../../src/services/targets/read-targets.ts';
import { targetRevision } from '../../../src/services/targets/target-revision.ts';
import { updateTarget } from '../../../src/services/targets/update-target.ts';
import { createTarget, deleteTarget } from '../../../src/services/targets/write-target.ts';
import { unusedJob } from '../fill.ts';
import { OLD_JOB } from '../volume.ts';
import type { World } from '../world.ts';
import { pick } from './query-case.ts';
import type { QueryCase } from './query-case.ts';

const method = (host: string) => ({
  method_type: 'ssh' as const,
  host,
  port: 22,
  config: {},
  credential: { credential_type: 'password' as const, credential_name: 'login', username: 'ops', password: 'secret' },
});
const newTarget = (n: number): CreateTarget => CreateTarget.parse({ name: `new-${n}`, methods: [method(`new-${n}.example.org`)] });
const action = { action_type: 'command', action_name: 'list', action_parameters: { command: 'ls' } };

/** What people change: targets, jobs, starts and cancels. */
export const writeCases = ({ services, caller, filled }: World): QueryCase[] => {
  const { jobs, targets, runs } = filled;
  const newJob = (n: number): CreateJob =>
    CreateJob.parse({ name: `new job ${n}`, actions: [action], targets: targets.map((target) => target.serial) });
  const active = targets.filter((_, index) => (index + 1) % 20 !== 0);
  const runningRuns = runs.filter((run) => run.status === 'running');
  const row = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'row', covers, call });
  const page = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'page', covers, call });

  return [
    row(
      'target made and tested',
      ['createTarget', 'insertTargets', 'insertMethods', 'insertFirstCredentials', 'testConnection', 'nextSerials'],
      async (n) => {
        const { target_serial: serial } = await createTarget(services, caller, newTarget(n));
        await testConnection(services, caller, serial, undefined);
      },
    ),
    row('host key of a target asked for', ['acceptHostKey'], async (n) => {
      const target = CreateTarget.parse({
        name: `key-${n}`,
        methods: [{ ...method(`127.9.${Math.floor(n / 256) % 256}.${n % 256}`), port: 1 }],
      });
      const { target_serial: serial } = await createTarget(services, caller, target);
      // Nothing listens there.
      await acceptHostKey(services, caller, serial, undefined, {}).catch(() => undefined);
    }),
    row(
      'target changed',
      ['updateTarget', 'saveTarget', 'replaceMethods', 'writeCredential', 'settlePrimary', 'readMethodStates', 'liveTarget'],
      (n) =>
        updateTarget(services, caller, pick(targets, n).serial, { description: 'changed', methods: [method(`other-${n}.example.org`)] }),
    ),
    row('target changed, as it was read', ['assertTargetRevision'], async (n) => {
      const { serial } = pick(targets, n);
      const expected = [targetRevision(await getTarget(services, caller, serial))];
      await updateTarget(services, caller, serial, { description: 'changed' }, expected);
    }),
    row('target deleted', ['deleteTarget', 'removeTarget'], (n) => deleteTarget(services, caller, pick(targets, n).serial)),
    row('connection tested', ['testMethodConfig'], (n) =>
      testMethodConfig(services, caller, { os_type: 'linux', method: method(`new-${n}.example.org`) }),
    ),
    page(
      'job made, on all targets',
      ['createJob', 'insertJob', 'writeVersion', 'writeActions', 'writeTargets', 'targetIds', 'checkCapabilities', 'profilesOfJob'],
      (n) => createJob(services, caller, newJob(n)),
    ),
    page('job changed, on all targets', ['updateJob', 'editJob', 'lockDefinition', 'readStoredVersion'], (n) =>
      updateJob(services, caller, 'job', pick(jobs, n).serial, newJob(n)),
    ),
    page('job changed, as it was read', ['assertJobRevision'], async (n) => {
      const { serial } = pick(jobs, n);
      const expected = [jobRevision(await getJob(services, caller, 'job', serial))];
      await updateJob(services, caller, 'job', serial, newJob(n), expected);
    }),
    row('job deleted', ['deleteJob', 'removeJob'], (n) =>
      deleteJob(services, caller, 'job', pick([unusedJob(filled), jobs[OLD_JOB]?.serial ?? ''], n)),
    ),
    row('run started', ['startExecution', 'acceptRun', 'selectTargets', 'checkNamedTargets', 'profilesOfTargets'], (n) =>
      startExecution(services, caller, pick(jobs, n).serial, { targets: [pick(active, n).serial] }, `key-${n}`),
    ),
    row('run started, on all targets', ['startExecution'], (n) => startExecution(services, caller, pick(jobs, n).serial, {}, undefined)),
    page('run planned', ['planRun', 'selectPlannedTargets', 'countPlannedTargets', 'selectPlannedMethods'], (n) =>
      planRun(services, caller, pick(jobs, n).serial, { probe: false, limit: 50 }),
    ),
    row('run planned, on one target', ['planRun', 'selectPlannedTargets', 'selectPlannedMethods'], (n) =>
      planRun(services, caller, pick(jobs, n).serial, { targets: [pick(active, n).serial], probe: false, limit: 50 }),
    ),
    row('values of a run looked for', ['checkValues'], (n) => {
      const variables = [{ key: 'A', type: 'string', is_secret: false, is_required: false }];
      const job = { id: 1 + (n % jobs.length), definition_version: 1, variables };
      return services.db.transaction((transaction) => checkValues(services.db, job, {}, transaction));
    }),
    row('dangerous commands changed', ['readDangerousPatterns', 'changeDangerousPatterns'], async () => {
      const { patterns } = await readDangerousPatterns(services, caller);
      await changeDangerousPatterns(services, caller, { patterns });
    }),
    row('run cancelled', ['cancelExecution'], (n) => cancelExecution(services, caller, pick(runningRuns, n).serial, {})),
  ];
};
