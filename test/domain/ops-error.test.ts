import { expect, test } from 'vitest';
import { FailureCategory } from '../../src/contracts/enums.ts';
import { isRetryable } from '../../src/domain/failure.ts';
import { ERROR_CODES, OpsError } from '../../src/domain/ops-error.ts';
import type { ErrorCode } from '../../src/domain/ops-error.ts';

const codes = Object.keys(ERROR_CODES) as ErrorCode[];

test.each(codes)('%s has a category of the record and an error status of HTTP, and fits its column', (code) => {
  const { status, category } = ERROR_CODES[code];
  expect(FailureCategory.options).toContain(category);
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(600);
  expect(code).toMatch(/^[A-Z_]{1,50}$/);
  expect(new OpsError(code, 'x').category).toBe(category);
});

test('what a retry cannot mend is never retried, what it can may be', () => {
  const retried = codes.filter((code) => isRetryable({ failureCategory: ERROR_CODES[code].category, errorCode: code }));
  expect(retried).toEqual(expect.arrayContaining(['CONNECTION_REFUSED', 'COMMAND_FAILED', 'ACTION_TIMED_OUT', 'WORKER_STOPPED']));
  for (const code of [
    'LOGIN_REJECTED',
    'KEY_UNUSABLE',
    'VARIABLE_MISSING',
    'CREDENTIAL_MISSING',
    'METHOD_MISSING',
    'OUTCOME_UNKNOWN',
  ] as const)
    expect(retried).not.toContain(code);
});

test('an error keeps its cause, its fields and when to ask again', () => {
  const cause = new Error('why');
  const error = new OpsError('VALIDATION', 'wrong', { cause, fields: [{ path: 'a.0', message: 'no' }], retryAfterSeconds: 3 });
  expect(error).toMatchObject({
    name: 'OpsError',
    code: 'VALIDATION',
    message: 'wrong',
    cause,
    fields: [{ path: 'a.0', message: 'no' }],
    retryAfterSeconds: 3,
  });
  expect(error).toBeInstanceOf(Error);
  const plain = new OpsError('INTERNAL', 'x');
  expect('cause' in plain).toBe(false);
  expect([plain.fields, plain.retryAfterSeconds]).toEqual([[], undefined]);
});
