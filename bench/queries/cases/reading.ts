import { ExecutionStatus, ExecutionTrigger } from '../../../src/contracts/enums.ts';
import type { ExecutionFilter } from '../../../src/contracts/execution.ts';
import type { LogSearch } from '../../../src/contracts/log-search.ts';
import { childSerial } from '../../../src/domain/serials.ts';
import { compareExecutions } from '../../../src/services/executions/compare-executions.ts';
import { countExecutions, listExecutions } from '../../../src/services/executions/list-executions.ts';
import { getBranch } from '../../../src/services/executions/read-branches.ts';
import { listAttempts } from '../../../src/services/executions/read-results.ts';
import { summariseActions, summariseExecution } from '../../../src/services/executions/summarise-execution.ts';
import { downloadLog } from '../../../src/services/logs/download-log.ts';
import { searchLogs } from '../../../src/services/logs/search-logs.ts';
import { countSerials } from '../../../src/services/serials/count-serials.ts';
import { findSerials, getSerial } from '../../../src/services/serials/find-serials.ts';
import { loudRunIndex } from '../volume.ts';
import type { World } from '../world.ts';
import { pick } from './query-case.ts';
import type { QueryCase } from './query-case.ts';

const LIMIT = 50;
/** What one statement of a search looks at, and finds its way by. */
const PART_OF_LINES = 15_000;
/** Runs of each state that are counted. */
const COUNTED = 50_000;
const DAY_MS = 86_400_000;

/** Runs by their filters, counted, compared and searched; serials by patterns. */
export const readingCases = ({ services, caller, filled }: World): QueryCase[] => {
  const { size, runs, targets, jobs } = filled;
  const ended = runs.slice(0, size.runs);
  const run = (n: number): string => pick(ended, n).serial;
  const branch = (n: number): string => childSerial(run(n), 1 + (n % size.targets));
  const loud = runs[loudRunIndex(size)]?.serial ?? '';
  const job = (n: number): string => pick(jobs.slice(0, 10), n).serial;
  const time = (n: number): { from: string; to: string } => {
    const { createdAt } = pick(ended, n);
    return { from: new Date(createdAt).toISOString(), to: new Date(createdAt + DAY_MS).toISOString() };
  };
  const runsBy = (filter: Partial<ExecutionFilter>) => listExecutions(services, caller, { limit: LIMIT, ...filter });
  const search = (filter: Partial<LogSearch>) => searchLogs(services, caller, { limit: LIMIT, ...filter });
  const found = (pattern: string) => findSerials(services, caller, { pattern, limit: LIMIT });

  const page = (name: string, covers: readonly string[], call: QueryCase['call'], reads = 0): QueryCase => ({
    name,
    kind: 'page',
    covers,
    call,
    reads,
  });
  const row = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'row', covers, call });
  const list = (name: string, filter: (n: number) => Partial<ExecutionFilter>): QueryCase =>
    page(`runs, ${name}`, ['listExecutions', 'runConditions'], (n) => runsBy(filter(n)));
  const count = (name: string, filter: (n: number) => Partial<ExecutionFilter>): QueryCase =>
    page(`runs counted, ${name}`, ['countExecutions'], (n) => countExecutions(services, caller, filter(n)), COUNTED);
  const lines = (name: string, filter: (n: number) => Partial<LogSearch>): QueryCase =>
    page(`search, ${name}`, ['searchLogs', 'scopeOf', 'findInOwners', 'findInTime'], (n) => search(filter(n)), PART_OF_LINES);
  return [
    list('by trigger', (n) => ({ trigger: pick(ExecutionTrigger.options, n) })),
    list('by user', () => ({ triggered_by: 'user-1' })),
    list('by target', (n) => ({ target: pick(targets, n).serial })),
    list('by target and state', (n) => ({ target: pick(targets, n).serial, status: 'running' })),
    list('by cause of failure', () => ({ failure_category: 'configuration' })),
    list('with a failed target', () => ({ has_failed: true })),
    list('by time', (n) => ({ created_from: time(n).from, created_to: time(n).to })),
    list('by end', (n) => ({ completed_from: time(n).from, completed_to: time(n).to })),
    list('by part of the name of the job', (n) => ({ search: `job ${n % 10}` })),
    list('by tag', () => ({ tag: 'nightly' })),
    list('by version', (n) => ({ job: job(n), version: 2 })),
    list('that repeat another', (n) => ({ retry_of: run(n) })),
    count('all', () => ({})),
    count('by job', (n) => ({ job: job(n) })),
    count('by target', (n) => ({ target: pick(targets, n).serial })),
    count('by state', (n) => ({ status: pick(ExecutionStatus.options, n) })),

    row('branch', ['getBranch'], (n) => getBranch(services, caller, branch(n), {})),
    page('attempts of an action', ['listAttempts'], (n) => listAttempts(services, caller, childSerial(branch(n), 1), { limit: LIMIT })),
    page('summary', ['summariseExecution'], (n) => summariseExecution(services, caller, run(n))),
    page('actions', ['summariseActions'], (n) => summariseActions(services, caller, run(n))),
    page('two runs', ['compareExecutions'], (n) => compareExecutions(services, caller, run(n), run(n + 1), { limit: LIMIT })),
    page(
      'two runs, what differs',
      ['compareExecutions'],
      (n) => compareExecutions(services, caller, run(n), run(n + 1), { limit: LIMIT, only: 'any' }),
      5_000,
    ),

    lines('run', (n) => ({ execution: run(n), text: 'line' })),
    lines('loud run', () => ({ execution: loud, text: 'line' })),
    lines('loud run, nothing fits', () => ({ execution: loud, text: 'no such text' })),
    lines('loud run, errors', () => ({ execution: loud, level: 'error', regex: 'no such' })),
    lines('branch', (n) => ({ branch: branch(n), regex: 'l.ne' })),
    lines('target of a run', (n) => ({ execution: run(n), target: pick(targets, n).serial })),
    lines('job', (n) => ({ job: job(n), text: 'line' })),
    lines('job and target', (n) => ({ job: job(n), target: pick(targets, n).serial })),
    lines('target', (n) => ({ target: pick(targets, n).serial, text: 'line' })),
    lines('time', (n) => ({ ...time(n), text: 'line' })),
    page('log as a file', ['downloadLog'], async (n) => Array.fromAsync((await downloadLog(services, caller, run(n), 'ndjson')).content)),

    row('serial', ['getSerial'], (n) => getSerial(services, caller, branch(n))),
    ...[
      `J*`,
      'T*',
      'J*.0001',
      `${jobs[0]?.serial}.*`,
      `${jobs[0]?.serial}.*.0002`,
      'J*.0001.*.*',
      '*.*.*',
      'J*.*.9999',
      `${loud}.*.0002`,
    ].map((pattern) => page(`serials, ${pattern}`, ['findSerials', 'findMatches', 'findParts'], () => found(pattern), 6_000)),
    page('serials counted', ['countSerials', 'pagesOf'], (n) => countSerials(services, caller, { pattern: `${job(n)}.*.0002` }), 6_000),
  ];
};
