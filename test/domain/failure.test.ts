import { expect, test } from 'vitest';
import { FailureCategory } from '../../src/contracts/enums.ts';
import { FAULT_OF, isRetryable, retryDelayMs } from '../../src/domain/failure.ts';

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

test('a failure without a category may be retried', () => {
  expect(isRetryable({ failureCategory: null, errorCode: null })).toBe(true);
});

test('what may still run on the target is not retried, whatever its category', () => {
  expect(isRetryable({ failureCategory: 'communication', errorCode: 'CONNECTION_LOST' })).toBe(false);
  expect(isRetryable({ failureCategory: 'communication', errorCode: 'CONNECTION_REFUSED' })).toBe(true);
});

test('the delay grows by the coefficient with each try', () => {
  expect([1, 2, 3, 4].map((attempt) => retryDelayMs(5_000, 2, attempt))).toEqual([5_000, 10_000, 20_000, 40_000]);
  expect([1, 2, 3].map((attempt) => retryDelayMs(1_000, 1, attempt))).toEqual([1_000, 1_000, 1_000]);
  expect(retryDelayMs(1_000, 1.5, 3)).toBe(2_250);
});
