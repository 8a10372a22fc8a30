import type { FailureCategory } from '../contracts/enums.ts';
import type { ActionOutcome } from '../contracts/run.ts';

/** Whose fault a failure is, whatever the code, in the words of the record (data model, part 3). */
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

/** Whose fault it is where the code says it better than the category. The time of a run is its job's own. */
export const faultOf = (category: FailureCategory, code: string | null): (typeof FAULT_OF)[FailureCategory] =>
  code === 'RUN_TIMED_OUT' ? 'definition' : FAULT_OF[category];

/** Never retried: a second try cannot end otherwise, or, where the outcome is unknown, might run the command twice. */
const NEVER_RETRIED: ReadonlySet<FailureCategory> = new Set(['authentication', 'configuration', 'rejected', 'lost', 'internal']);
/** Nobody has begun it, and nobody can any more. */
export const UNSTARTED = { failureCategory: 'not_started', errorCode: 'NOT_STARTED' } as const;
/** The connection broke while a program ran: it may run on. */
export const UNKNOWN_OUTCOME_CODES = ['CONNECTION_LOST', 'OUTCOME_UNKNOWN'] as const;

/** May it have run to its end although it is on the record as failed? Only a person can find out. */
export const isOutcomeUnknown = ({ failureCategory, errorCode }: Pick<ActionOutcome, 'failureCategory' | 'errorCode'>): boolean =>
  failureCategory === 'lost' || UNKNOWN_OUTCOME_CODES.some((code) => code === errorCode);

/**
 * May an author's retry policy repeat an attempt that ended like this?
 * @param isRepeatable the author says that the action may run twice (delivery at_least_once): then what may have run already is tried again, too
 */
export const isRetryable = (outcome: Pick<ActionOutcome, 'failureCategory' | 'errorCode'>, isRepeatable = false): boolean => {
  if (isOutcomeUnknown(outcome)) return isRepeatable;
  return outcome.failureCategory === null || !NEVER_RETRIED.has(outcome.failureCategory);
};

/** So often at least an action that may run twice is delivered again when its outcome is not known, or its worker died before it began. */
const LEAST_DELIVERIES = 3;

/** What the author of an action allows. */
export interface RetryPolicy {
  retryCount: number;
  /** Delivery at_least_once. */
  isRepeatable?: boolean | undefined;
}

/** How many attempts an action may take in all. */
export const attemptsOf = ({ retryCount, isRepeatable = false }: RetryPolicy): number =>
  1 + (isRepeatable ? Math.max(retryCount, LEAST_DELIVERIES) : retryCount);

/** Does another attempt follow number `attempt`, from 1, that ended like this? */
export const mayRetry = (policy: RetryPolicy, attempt: number, outcome: Pick<ActionOutcome, 'failureCategory' | 'errorCode'>): boolean =>
  isRetryable(outcome, policy.isRepeatable) && attempt < (isUndelivered(outcome) ? attemptsOf(policy) : 1 + policy.retryCount);

const isUndelivered = (outcome: Pick<ActionOutcome, 'failureCategory' | 'errorCode'>): boolean =>
  isOutcomeUnknown(outcome) || outcome.errorCode === UNSTARTED.errorCode;

/** So long at most an action waits for its next try. */
const LONGEST_DELAY_MS = 3_600_000;

/** Delay before try `attempt` + 1, in milliseconds: delay × coefficient^(attempt−1), an hour at most. */
export const retryDelayMs = (firstDelayMs: number, backoffCoefficient: number, attempt: number): number =>
  Math.min(LONGEST_DELAY_MS, Math.round(firstDelayMs * backoffCoefficient ** (attempt - 1)));
