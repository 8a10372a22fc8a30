import { ApplicationFailure } from '@temporalio/common';
import { OpsError } from '../domain/ops-error.ts';

/**
 * An OpsError as Temporal shows it: its code as type, not retried by the server unless something was away or has not ended. Anything else passes as it is,
 * and is retried.
 */
const toFailure = (error: unknown): unknown =>
  error instanceof OpsError
    ? ApplicationFailure.create({ message: error.message, type: error.code, nonRetryable: error.code !== 'UNAVAILABLE' })
    : error;

type AnyActivity = (...input: never[]) => Promise<unknown>;

/** The same activities, their OpsErrors made failures at this one border. */
export const withFailures = <All extends Record<string, AnyActivity>>(activities: All): All => {
  const mapped = Object.entries(activities).map(([name, run]): [string, AnyActivity] => [
    name,
    async (...input) => {
      try {
        return await run(...input);
      } catch (error) {
        throw toFailure(error);
      }
    },
  ]);
  return Object.fromEntries(mapped) as All;
};
