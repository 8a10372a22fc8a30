import type { Row } from './copy-rows.ts';
import { BRANCH_MS, branchRow, executionRow, outputRow, resultRow } from './row-values.ts';
import type { BranchState, FilledBranch } from './row-values.ts';
import { createRandom, LINES_PER_BRANCH, loudRunIndex } from './volume.ts';
import type { Filled, FilledRun } from './volume.ts';

/** Rows of one run. */
export interface RunRows {
  executions: Row[];
  branches: Row[];
  results: Row[];
  lines: Row[];
}

/** Branches that run at the same time. */
const WINDOW = 20;
/** Between two lines of the loud branch. */
export const LOUD_LINE_MS = 20;
const ERROR_SHARE = 1 / 50;
/** Of a run that goes on: so much has ended, so much has begun. */
export const DONE_SHARE = 0.4;
const BEGUN_SHARE = 0.6;

/** A failed run has some targets that fail; a cancelled one has its second half cancelled; one that runs is in the middle. */
const statesOf = ({ status }: FilledRun, targets: number, random: () => number): BranchState[] =>
  Array.from({ length: status === 'scheduled' ? 0 : targets }, (_, index): BranchState => {
    if (status === 'cancelled' && index >= targets / 2) return 'cancelled';
    if (status === 'failed' && (index === 0 || random() < 0.05)) return 'failed';
    if (status !== 'running' || index < targets * DONE_SHARE) return 'completed';
    return index < targets * BEGUN_SHARE ? 'running' : 'scheduled';
  });

/** A generator that gives all rows of a run, numbered on from the last call. */
export const createRunRows = ({ size, targets, jobs, runs }: Filled) => {
  const random = createRandom(2);
  const next = { branch: 1, result: 1, line: 1 };

  const addLine = (rows: RunRows, run: FilledRun, branch: FilledBranch, number: number, writtenAt: number): void => {
    rows.lines.push(outputRow(next.line, run, branch, number, writtenAt, random() < ERROR_SHARE));
    next.line += 1;
  };

  /** The rows of branches that run at the same time come in turns, as they would. */
  const addWindow = (rows: RunRows, run: FilledRun, branches: readonly FilledBranch[]): void => {
    for (const branch of branches) {
      const target = targets[branch.index];
      if (target !== undefined) rows.branches.push(branchRow(run, branch, target));
    }
    const begun = branches.filter(({ state }) => state !== 'scheduled');
    for (const order of [1, 2] as const) {
      for (const branch of begun) {
        rows.results.push(resultRow(next.result, run, branch, order, jobs[run.job]?.actionIds[order - 1] ?? 0));
        next.result += 1;
      }
    }
    for (let number = 1; number <= LINES_PER_BRANCH; number += 1) {
      for (const branch of begun) addLine(rows, run, branch, number, branch.startedAt + number * 1_000 + branch.index);
    }
  };

  const branchesOf = (run: FilledRun, loudLines: number): FilledBranch[] =>
    statesOf(run, size.targets, random).map((state, index) => {
      const lines = state === 'scheduled' ? 0 : LINES_PER_BRANCH + (index === 0 ? loudLines : 0);
      next.branch += 1;
      const startedAt = run.createdAt + Math.floor(index / WINDOW) * BRANCH_MS;
      const endedAt = startedAt + BRANCH_MS + (index === 0 ? loudLines * LOUD_LINE_MS : 0);
      return { id: next.branch - 1, index, state, lines, startedAt, endedAt };
    });

  return (run: FilledRun): RunRows => {
    const rows: RunRows = { executions: [], branches: [], results: [], lines: [] };
    const loudLines = run === runs[loudRunIndex(size)] ? size.loudLines : 0;
    const branches = branchesOf(run, loudLines);
    for (let from = 0; from < branches.length; from += WINDOW) addWindow(rows, run, branches.slice(from, from + WINDOW));
    for (const loud of branches.slice(0, 1)) {
      for (let line = 1; line <= loudLines; line += 1) {
        addLine(rows, run, loud, LINES_PER_BRANCH + line, run.createdAt + line * LOUD_LINE_MS);
      }
    }
    const states = branches.map((branch) => branch.state);
    const endedAt = Math.max(run.createdAt, ...branches.map((branch) => branch.endedAt));
    rows.executions.push(executionRow(run, jobs[run.job]?.id ?? 0, states, endedAt));
    return rows;
  };
};
