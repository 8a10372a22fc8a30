import { ExecutionStatus, TargetEnvironment, TargetStatus } from '../../../src/contracts/enums.ts';
import { listExecutions } from '../../../src/services/executions/list-executions.ts';
import type { ExecutionFilter } from '../../../src/contracts/execution.ts';
import { getJob, listJobs, listJobTemplates } from '../../../src/services/jobs/read-jobs.ts';
import type { JobFilter } from '../../../src/contracts/job.ts';
import { getTarget, listTargets } from '../../../src/services/targets/read-targets.ts';
import type { TargetFilter } from '../../../src/contracts/target.ts';
import { NEW_JOB, OLD_JOB } from '../volume.ts';
import type { World } from '../world.ts';
import { deepCursors, pick } from './query-case.ts';
import type { QueryCase } from './query-case.ts';

const LIMIT = 50;

/** Lists and single reads of targets, jobs and runs. */
export const listCases = async (world: World): Promise<QueryCase[]> => {
  const { services, caller, filled } = world;
  const { targets, jobs } = filled;
  const targetsBy = (filter: Partial<TargetFilter>) => listTargets(services, caller, { limit: LIMIT, ...filter });
  const jobsBy = (filter: Partial<JobFilter>) => listJobs(services, caller, { limit: LIMIT, ...filter });
  const runsBy = (filter: Partial<ExecutionFilter>) => listExecutions(services, caller, { limit: LIMIT, ...filter });
  const deepTargets = await deepCursors((page) => targetsBy({ limit: 2, ...page }));
  const deepJobs = await deepCursors((page) => jobsBy({ limit: 4, ...page }));
  const deepByName = await deepCursors((page) => jobsBy({ limit: 4, sort: '-name', ...page }));
  const deepRuns = await deepCursors(runsBy);
  const busiest = jobs[0]?.serial ?? '';
  const deepOfJob = await deepCursors((page) => runsBy({ job: busiest, ...page }));
  const deepFailed = await deepCursors((page) => runsBy({ status: 'failed', ...page }));

  const page = (name: string, covers: string, call: QueryCase['call']): QueryCase => ({ name, kind: 'page', covers: [covers], call });
  const row = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'row', covers, call });
  return [
    page('targets', 'listTargets', () => targetsBy({})),
    page('targets, deep', 'listTargets', (n) => targetsBy({ cursor: pick(deepTargets, n) })),
    page('targets, by name', 'listTargets', () => targetsBy({ sort: 'name' })),
    page('targets, part of the name', 'listTargets', (n) => targetsBy({ search: `-${n % 30}` })),
    page('targets, serial as search', 'listTargets', (n) => targetsBy({ search: pick(targets, n).serial })),
    page('targets, by environment', 'listTargets', (n) => targetsBy({ environment: pick(TargetEnvironment.options, n) })),
    page('targets, by status', 'listTargets', (n) => targetsBy({ status: pick(TargetStatus.options, n) })),
    page('targets, by os', 'listTargets', (n) => targetsBy({ os_type: pick(['linux', 'windows', 'freebsd'], n) })),
    page('targets, by host', 'listTargets', (n) => targetsBy({ host: pick(targets, n).name })),
    row('target', ['getTarget', 'readTarget'], (n) => getTarget(services, caller, pick(targets, n).serial)),

    page('jobs', 'listJobs', () => jobsBy({})),
    page('jobs, deep', 'listJobs', (n) => jobsBy({ cursor: pick(deepJobs, n) })),
    page('jobs, by name', 'listJobs', () => jobsBy({ sort: 'name' })),
    page('jobs, by name, deep', 'listJobs', (n) => jobsBy({ sort: '-name', cursor: pick(deepByName, n) })),
    page('jobs, part of the name', 'listJobs', (n) => jobsBy({ search: `ob ${n % 10}` })),
    page('jobs, by kind', 'listJobs', (n) => jobsBy({ job_type: pick(['command', 'script', 'composite'], n) })),
    page('jobs, by who made them', 'listJobs', () => jobsBy({ created_by: 'user-1' })),
    page('jobs, by target', 'listJobs', (n) => jobsBy({ target: pick(targets, n).serial })),
    page('jobs, by template', 'listJobs', (n) => jobsBy({ template: pick(jobs, n).serial })),
    page('templates', 'listJobTemplates', () => listJobTemplates(services, caller, { limit: LIMIT })),
    page('jobs, by status', 'listJobs', (n) => jobsBy({ status: pick(['draft', 'running', 'failed'], n) })),
    row('job', ['getJob', 'readJob'], (n) => getJob(services, caller, 'job', pick(jobs, n).serial)),
    row('job, older version', ['getJob', 'readJob'], (n) => getJob(services, caller, 'job', pick(jobs, n).serial, 1 + (n % 2))),

    page('runs', 'listExecutions', () => runsBy({})),
    page('runs, oldest first', 'listExecutions', () => runsBy({ sort: 'created' })),
    page('runs, deep', 'listExecutions', (n) => runsBy({ cursor: pick(deepRuns, n) })),
    page('runs, last page', 'listExecutions', () => runsBy({ cursor: deepRuns.at(-1) })),
    page('runs, largest page', 'listExecutions', (n) => runsBy({ limit: 500, cursor: pick(deepRuns, n) })),
    ...ExecutionStatus.options.map((status) => page(`runs, ${status}`, 'listExecutions', () => runsBy({ status }))),
    page('runs, failed, deep', 'listExecutions', (n) => runsBy({ status: 'failed', cursor: pick(deepFailed, n) })),
    page('runs, by job, oldest first', 'listExecutions', () => runsBy({ job: busiest, sort: 'created' })),
    page('runs, by job', 'listExecutions', (n) => runsBy({ job: pick(jobs.slice(0, OLD_JOB), n).serial })),
    page('runs, by job, deep', 'listExecutions', (n) => runsBy({ job: busiest, cursor: pick(deepOfJob, n) })),
    page('runs, by a job of long ago', 'listExecutions', () => runsBy({ job: jobs[OLD_JOB]?.serial })),
    page('runs, by a job without any', 'listExecutions', () => runsBy({ job: jobs[NEW_JOB]?.serial })),
    page('runs, by an unknown job', 'listExecutions', () => runsBy({ job: 'J19990001' })),
    page('runs, by job and status', 'listExecutions', (n) =>
      runsBy({ job: pick(jobs, n).serial, status: pick(ExecutionStatus.options, n) }),
    ),
  ];
};
