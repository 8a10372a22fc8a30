import type { ActionResultStatus, ExecutionStatus } from '../contracts/enums.ts';

type Transitions<Status extends string> = Readonly<Record<Status, readonly Status[]>>;

/** From which states a row may come into each state (data model, part 10); everything else is refused. */
export const EXECUTION_FROM: Transitions<ExecutionStatus> = {
  scheduled: [],
  running: ['scheduled'],
  completed: ['running'],
  failed: ['scheduled', 'running'],
  cancelled: ['scheduled', 'running'],
};

export const BRANCH_FROM: Transitions<ExecutionStatus> = {
  scheduled: [],
  running: ['scheduled'],
  completed: ['running'],
  failed: ['scheduled', 'running'],
  cancelled: ['scheduled', 'running'],
};

export const ACTION_RESULT_FROM: Transitions<ActionResultStatus> = {
  scheduled: [],
  running: ['scheduled'],
  completed: ['running'],
  failed: ['running'],
  cancelled: ['scheduled', 'running'],
  skipped: ['scheduled', 'running'],
};

/** SQL condition `status IN (…)` of a guarded status write: zero rows changed means that the row had moved on. `table` is its alias, if the name is not alone. */
export const allowedFrom = <Status extends string>(transitions: Transitions<Status>, to: Status, table?: string): string =>
  `${table === undefined ? '' : `${table}.`}status IN (${transitions[to].map((from) => `'${from}'`).join(', ')})`;
