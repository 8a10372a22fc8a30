import { followExecution } from '../../../src/services/executions/follow-execution.ts';
import { listBranches } from '../../../src/services/executions/read-branches.ts';
import { executionId, getExecution } from '../../../src/services/executions/read-executions.ts';
import { listLogs } from '../../../src/services/executions/read-logs.ts';
import { listResults } from '../../../src/services/executions/read-results.ts';
import type { BranchFilter, LogFilter, ResultFilter } from '../../../src/contracts/execution.ts';
import { childSerial } from '../../../src/domain/serials.ts';
import { LOUD_LINE_MS } from '../run-rows.ts';
import { loudRunIndex } from '../volume.ts';
import type { World } from '../world.ts';
import { deepCursors, pick } from './query-case.ts';
import type { QueryCase } from './query-case.ts';

const LIMIT = 50;
const LINE_LIMIT = 500;
const SHORT_PAGE = 2;
const AWAY_MS = 20_000;

/** What is inside a run: branches, results, lines; and those who follow it. */
export const runCases = async ({ services, caller, filled, db }: World): Promise<QueryCase[]> => {
  const { size, runs, targets } = filled;
  const ended = runs.slice(0, size.runs);
  const open = runs.filter((run) => run.status === 'running');
  const loud = runs[loudRunIndex(size)];
  if (loud === undefined) throw new Error('There is no loud run.');
  const loudBranch = childSerial(loud.serial, 1);
  const run = (n: number): string => pick(ended, n).serial;
  const branch = (n: number): string => childSerial(run(n), 1 + (n % size.targets));
  const branches = (serial: string, filter: Partial<BranchFilter>) => listBranches(services, caller, serial, { limit: LIMIT, ...filter });
  const results = (serial: string, filter: Partial<ResultFilter>) => listResults(services, caller, serial, { limit: LIMIT, ...filter });
  const lines = (serial: string, filter: Partial<LogFilter>) => listLogs(services, caller, serial, { limit: LINE_LIMIT, ...filter });
  /** A follower of the loud run that was cut off for some seconds before its end. */
  const late = new Date(loud.createdAt + size.loudLines * LOUD_LINE_MS - AWAY_MS);
  const middle = run(0);
  const deepBranches = await deepCursors((page) => branches(middle, { limit: SHORT_PAGE, ...page }));
  const deepResults = await deepCursors((page) => results(middle, { limit: SHORT_PAGE, ...page }));
  const deepLines = await deepCursors((page) => lines(loud.serial, { limit: 1_000, ...page }));
  const deepOfBranch = await deepCursors((page) => lines(loud.serial, { limit: 1_000, branch: loudBranch, ...page }));
  const deepErrors = await deepCursors((page) => lines(loud.serial, { limit: 20, stream: 'stderr', ...page }));
  const follow = async (serial: string, since: Date | undefined, reads: number): Promise<void> => {
    const follower = await followExecution(services, caller, serial, since);
    for (let read = 0; read < reads; read += 1) await follower.read();
  };

  const page = (name: string, covers: string, call: QueryCase['call']): QueryCase => ({ name, kind: 'page', covers: [covers], call });
  return [
    { name: 'run', kind: 'row', covers: ['getExecution', 'readExecution'], call: (n) => getExecution(services, caller, run(n)) },
    { name: 'id of a run', kind: 'row', covers: ['executionId'], call: (n) => executionId(db, run(n)) },

    page('branches', 'listBranches', (n) => branches(run(n), {})),
    page('branches, deep', 'listBranches', (n) => branches(middle, { cursor: pick(deepBranches, n) })),
    page('branches, from the last', 'listBranches', (n) => branches(run(n), { sort: '-branch_number' })),
    page('branches, largest page', 'listBranches', (n) => branches(run(n), { limit: 500 })),
    page('branches, by status', 'listBranches', (n) => branches(run(n), { status: pick(['failed', 'cancelled', 'running'], n) })),
    page('branches, by target', 'listBranches', (n) => branches(run(n), { target: pick(targets, n).serial })),
    page('branches, by name of target', 'listBranches', (n) => branches(run(n), { target: pick(targets, n).name })),

    page('results', 'listResults', (n) => results(run(n), {})),
    page('results, deep', 'listResults', (n) => results(middle, { cursor: pick(deepResults, n) })),
    page('results, from the last branch', 'listResults', (n) => results(run(n), { sort: '-branch' })),
    page('results, largest page', 'listResults', (n) => results(run(n), { limit: 500 })),
    page('results, by status', 'listResults', (n) => results(run(n), { status: pick(['failed', 'skipped'], n) })),
    page('results, by branch', 'listResults', (n) => results(run(n), { branch: branch(n) })),
    page('results, by target', 'listResults', (n) => results(run(n), { target: pick(targets, n).serial })),
    page('results, by action', 'listResults', (n) => results(run(n), { action_order: 1 + (n % 2) })),

    page('lines', 'listLogs', (n) => lines(run(n), {})),
    page('lines, newest first', 'listLogs', () => lines(loud.serial, { sort: '-created' })),
    page('lines, by branch', 'listLogs', (n) => lines(run(n), { branch: branch(n) })),
    page('lines, by target', 'listLogs', (n) => lines(run(n), { target: pick(targets, n).serial })),
    page('lines, by stream', 'listLogs', (n) => lines(run(n), { stream: 'stderr' })),
    page('lines, by level', 'listLogs', (n) => lines(run(n), { level: pick(['warning', 'error'], n) })),
    page('lines, loud run', 'listLogs', () => lines(loud.serial, {})),
    page('lines, loud run, deep', 'listLogs', (n) => lines(loud.serial, { cursor: pick(deepLines, n) })),
    page('lines, loud run, stderr, deep', 'listLogs', (n) => lines(loud.serial, { stream: 'stderr', cursor: pick(deepErrors, n) })),
    page('lines, loud run, by level', 'listLogs', (n) => lines(loud.serial, { level: pick(['warning', 'error'], n) })),
    page('lines, loud run, quiet branch', 'listLogs', (n) =>
      lines(loud.serial, { branch: childSerial(loud.serial, 2 + (n % (size.targets - 1))) }),
    ),
    page('lines, loud run, quiet target', 'listLogs', (n) => lines(loud.serial, { target: targets[1 + (n % (size.targets - 1))]?.serial })),
    page('lines, loud branch', 'listLogs', () => lines(loud.serial, { branch: loudBranch })),
    page('lines, loud branch, deep', 'listLogs', (n) => lines(loud.serial, { branch: loudBranch, cursor: pick(deepOfBranch, n) })),
    page('lines, loud target', 'listLogs', () => lines(loud.serial, { target: targets[0]?.name })),

    page('follow, first read', 'followExecution', (n) => follow(run(n), undefined, 1)),
    page('follow, anew', 'createRunReader', (n) => follow(run(n), late, 2)),
    page('follow, open run, later reads', 'followExecution', (n) => follow(pick(open, n).serial, undefined, 3)),
    page('follow, loud run', 'followExecution', () => follow(loud.serial, undefined, 2)),
    page('follow, loud run, resumed', 'followExecution', () => follow(loud.serial, late, 1)),
  ];
};
