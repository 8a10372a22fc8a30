import { CreateJob } from '../../../src/contracts/job.ts';
import { awaitExecution } from '../../../src/services/executions/await-execution.ts';
import { planRun } from '../../../src/services/executions/plan-run.ts';
import { startExecution } from '../../../src/services/executions/start-execution.ts';
import { cloneJob, cloneJobTemplate, createJobFromTemplate } from '../../../src/services/jobs/copy-job.ts';
import { readJobsStatistics, readJobStatistics } from '../../../src/services/jobs/job-statistics.ts';
import { changeJobTargets, listJobTargets } from '../../../src/services/jobs/job-targets.ts';
import { readJobUse } from '../../../src/services/jobs/job-use.ts';
import { compareJobVersions, listJobVersions } from '../../../src/services/jobs/job-versions.ts';
import { restoreJobVersion } from '../../../src/services/jobs/update-job.ts';
import { validateJob, validateStoredJob } from '../../../src/services/jobs/validate-job.ts';
import { createJob, createJobTemplate } from '../../../src/services/jobs/write-job.ts';
import type { World } from '../world.ts';
import { pick } from './query-case.ts';
import type { QueryCase } from './query-case.ts';

const action = { action_type: 'command', action_name: 'list', action_parameters: { command: 'ls' } };
const SELECTOR = 'env=production,os in (linux,windows)';

/** Versions, copies, checks and views of jobs; templates; runs by selector. */
export const jobCases = ({ services, caller, filled }: World): QueryCase[] => {
  const { jobs, targets, runs } = filled;
  const of = (n: number) => ({ kind: 'job' as const, serial: pick(jobs, n).serial });
  const row = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'row', covers, call });
  const page = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'page', covers, call });
  const newTemplate = async () => {
    const template = await createJobTemplate(services, caller, CreateJob.parse({ name: 'pattern', actions: [action] }));
    return { kind: 'template' as const, serial: template.job_serial };
  };
  const newSelecting = async () => {
    const definition = CreateJob.parse({ name: 'selecting', actions: [action], target_selector: SELECTOR });
    return { kind: 'job' as const, serial: (await createJob(services, caller, definition)).job_serial };
  };
  const ended = runs.filter((run) => run.status === 'completed');
  const feed = { subscribe: () => () => {} };
  return [
    page('versions of a job', ['listJobVersions'], (n) => listJobVersions(services, caller, of(n), { limit: 50 })),
    row('versions compared', ['compareJobVersions', 'readStoredVersion'], (n) => compareJobVersions(services, caller, of(n), [1, 2])),
    page('version restored', ['restoreJobVersion'], (n) => restoreJobVersion(services, caller, { ...of(n), version: 1 }, undefined)),
    page('job cloned', ['cloneJob', 'copyTargets'], (n) => cloneJob(services, caller, of(n).serial, { name: `clone ${n}` })),
    row('template made and cloned', ['createJobTemplate', 'cloneJobTemplate'], async (n) =>
      cloneJobTemplate(services, caller, (await newTemplate()).serial, { name: `pattern ${n}` }),
    ),
    page('job made from a template', ['createJobFromTemplate'], async (n) =>
      createJobFromTemplate(services, caller, (await newTemplate()).serial, {
        name: `from it ${n}`,
        targets: targets.map(({ serial }) => serial),
      }),
    ),
    page('definition checked', ['validateJob', 'profilesOf'], () =>
      validateJob(services, caller, 'job', { name: 'x', actions: [action], targets: targets.map(({ serial }) => serial) }),
    ),
    page('stored job checked', ['validateStoredJob'], (n) => validateStoredJob(services, caller, of(n))),
    page('job with a selector checked', ['validateStoredJob'], async () => validateStoredJob(services, caller, await newSelecting())),
    page('statistics of a job', ['readJobStatistics'], (n) => readJobStatistics(services, caller, of(n).serial, 7)),
    page('use of a job', ['readJobUse'], (n) => readJobUse(services, caller, of(n))),
    row('use of a template', ['readJobUse'], async () => readJobUse(services, caller, await newTemplate())),
    page('targets of a job', ['listJobTargets'], (n) => listJobTargets(services, caller, of(n).serial, { limit: 50 })),
    page('targets of a job changed', ['changeJobTargets'], (n) =>
      changeJobTargets(services, caller, of(n).serial, { remove: [pick(targets, n).serial], add: [pick(targets, n + 1).serial] }),
    ),
    row('run started by a selector', ['startExecution', 'selectTargets'], async (n) =>
      startExecution(services, caller, (await newSelecting()).serial, { selector: 'os=linux' }, `select-${n}`),
    ),
    page('run by a selector planned', ['planRun', 'countPlannedTargets'], async () =>
      planRun(services, caller, (await newSelecting()).serial, { selector: 'os=linux', probe: false, limit: 50 }),
    ),
    row('end of a run waited for', ['awaitExecution'], (n) =>
      awaitExecution({ db: services.db, feed }, pick(ended, n).serial, { seconds: 1, signal: new AbortController().signal }),
    ),
    page('statistics of all jobs', ['readJobsStatistics'], () => readJobsStatistics(services, caller, 1)),
  ];
};
