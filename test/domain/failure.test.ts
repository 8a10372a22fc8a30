import { expect, test } from 'vitest';
import { FailureCategory } from '../../src/contracts/enums.ts';
import { FAULT_OF, faultOf, isRetryable, mayRetry, retryDelayMs } from '../../src/domain/failure.ts';

const TABLE: Record<FailureCategory, [fault: string, retryable: boolean]> = {
  authentication: ['credentials', false],
  communication: ['network', true],
  command_execution: ['target', true],
  timeout: ['target', true],
  configuration: ['definition', false],
  rejected: ['a person', false],
  not_started: ['us', true],
  lost: ['us', false],
  interrupted: ['us', true],
  internal: ['us', false],
};

test.each(FailureCategory.options)('the fault and the retry of %s are as the table says', (category) => {
  expect([FAULT_OF[category], isRetryable({ failureCategory: category, errorCode: null })]).toEqual(TABLE[category]);
});

test('the time of a run is the fault of its definition, that of an action of its target', () => {
  expect([faultOf('timeout', 'RUN_TIMED_OUT'), faultOf('timeout', 'COMMAND_TIMED_OUT'), faultOf('lost', null)]).toEqual([
    'definition',
    'target',
    'us',
  ]);
});

test('a failure without a category may be retried', () => {
  expect(isRetryable({ failureCategory: null, errorCode: null })).toBe(true);
});

test('what may still run on the target is not retried, whatever its category', () => {
  expect(isRetryable({ failureCategory: 'communication', errorCode: 'CONNECTION_LOST' })).toBe(false);
  expect(isRetryable({ failureCategory: 'communication', errorCode: 'CONNECTION_REFUSED' })).toBe(true);
});

test.each([
  ['a failure, as often as the author says', { retryCount: 2 }, { failureCategory: 'command_execution', errorCode: null }, 2],
  ['a lost outcome, never', { retryCount: 5 }, { failureCategory: 'lost', errorCode: null }, 0],
  [
    'a lost outcome delivered at least once, three times at least',
    { retryCount: 0, isRepeatable: true },
    { failureCategory: 'lost', errorCode: null },
    3,
  ],
  [
    'a lost outcome delivered at least once, as often as the author says',
    { retryCount: 5, isRepeatable: true },
    { failureCategory: 'lost', errorCode: null },
    5,
  ],
  [
    'what was never begun, of what is delivered at least once, three times at least',
    { retryCount: 0, isRepeatable: true },
    { failureCategory: 'not_started', errorCode: 'NOT_STARTED' },
    3,
  ],
  ['what was never begun, as often as the author says', { retryCount: 1 }, { failureCategory: 'not_started', errorCode: 'NOT_STARTED' }, 1],
  [
    'a failure of what may run twice, no oftener than others',
    { retryCount: 0, isRepeatable: true },
    { failureCategory: 'timeout', errorCode: null },
    0,
  ],
] as const)('tried again: %s', (_, policy, outcome, retries) => {
  expect([1, 2, 3, 4, 5, 6].filter((attempt) => mayRetry(policy, attempt, outcome))).toHaveLength(retries);
});

test('the delay grows by the coefficient with each try', () => {
  expect([1, 2, 3, 4].map((attempt) => retryDelayMs(5_000, 2, attempt))).toEqual([5_000, 10_000, 20_000, 40_000]);
  expect([1, 2, 3].map((attempt) => retryDelayMs(1_000, 1, attempt))).toEqual([1_000, 1_000, 1_000]);
  expect(retryDelayMs(1_000, 1.5, 3)).toBe(2_250);
  expect(retryDelayMs(300_000, 2, 10)).toBe(3_600_000);
});
