import { expect, test } from 'vitest';
import { ActionResultStatus, ExecutionStatus } from '../../src/contracts/enums.ts';
import { ACTION_RESULT_FROM, allowedFrom, BRANCH_FROM, EXECUTION_FROM } from '../../src/domain/state-machines.ts';

const pairs = (transitions: Readonly<Record<string, readonly string[]>>): string[] =>
  Object.entries(transitions)
    .flatMap(([to, from]) => from.map((state) => `${state} → ${to}`))
    .toSorted();

test('a run moves as data model 10.2 says', () => {
  expect(pairs(EXECUTION_FROM)).toEqual([
    'running → cancelled',
    'running → completed',
    'running → failed',
    'scheduled → cancelled',
    'scheduled → failed',
    'scheduled → running',
  ]);
});

// The way back of 10.3 (a person retries an ended branch) is not built.
test('a branch moves as data model 10.3 says', () => {
  expect(pairs(BRANCH_FROM)).toEqual([
    'running → cancelled',
    'running → completed',
    'running → failed',
    'scheduled → cancelled',
    'scheduled → failed',
    'scheduled → running',
  ]);
});

test('an attempt moves as data model 10.4 says', () => {
  expect(pairs(ACTION_RESULT_FROM)).toEqual([
    'running → cancelled',
    'running → completed',
    'running → failed',
    'running → skipped',
    'scheduled → cancelled',
    'scheduled → running',
    'scheduled → skipped',
  ]);
});

test('every state has its row, and from an end nothing leads on', () => {
  expect(Object.keys(EXECUTION_FROM)).toEqual(ExecutionStatus.options);
  expect(Object.keys(BRANCH_FROM)).toEqual(ExecutionStatus.options);
  expect(Object.keys(ACTION_RESULT_FROM)).toEqual(ActionResultStatus.options);
  for (const table of [EXECUTION_FROM, BRANCH_FROM, ACTION_RESULT_FROM])
    expect(new Set(Object.values(table).flat())).toEqual(new Set(['scheduled', 'running']));
});

test('the guard of a status write names the states it may come from', () => {
  expect(allowedFrom(EXECUTION_FROM, 'cancelled')).toBe(`status IN ('scheduled', 'running')`);
  expect(allowedFrom(ACTION_RESULT_FROM, 'failed', 'r')).toBe(`r.status IN ('running')`);
});
