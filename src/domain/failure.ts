import type { FailureCategory } from '../contracts/enums.ts';

/** Whose fault a failure is, in the words of the record (data model, part 3). */
export const FAULT_OF: Readonly<Record<FailureCategory, 'credentials' | 'network' | 'target' | 'definition' | 'a person' | 'us'>> = {
  authentication: 'credentials',
  communication: 'network',
  command_execution: 'target',
  timeout: 'target',
  configuration: 'definition',
  rejected: 'a person',
  not_started: 'us',
  lost: 'us',
  interrupted: 'us',
  internal: 'us',
};

/** Never retried: a second try cannot end otherwise, or, for `lost`, might run the command twice. */
const NEVER_RETRIED: ReadonlySet<FailureCategory> = new Set(['authentication', 'configuration', 'rejected', 'lost']);

/** May an author's retry policy repeat an attempt that failed like this? */
export const isRetryable = (category: FailureCategory | null): boolean => category === null || !NEVER_RETRIED.has(category);

/** Delay before try `attempt` + 1, in milliseconds: delay × coefficient^(attempt−1). */
export const retryDelayMs = (firstDelayMs: number, backoffCoefficient: number, attempt: number): number =>
  Math.round(firstDelayMs * backoffCoefficient ** (attempt - 1));
