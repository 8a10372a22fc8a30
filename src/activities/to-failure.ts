import { ApplicationFailure } from '@temporalio/common';
import { OpsError } from '../domain/ops-error.ts';

/** An OpsError as Temporal shows it: its code as type, not retried by the server. Anything else passes as it is, and is retried. */
export const toFailure = (error: unknown): unknown =>
  error instanceof OpsError ? ApplicationFailure.create({ message: error.message, type: error.code, nonRetryable: true }) : error;
