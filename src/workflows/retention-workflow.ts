import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow';
import { upkeep } from './activities.ts';

/** What a night removed, by rule and table, and the rules that could not be applied. */
interface RetentionResult {
  removed: Record<string, Record<string, number>>;
  failed: Record<string, string>;
}

const reasonOf = (error: unknown): string => {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
};

/** Lets go what is older than the settings say; started daily by the schedule `sys/retention`. A rule that fails stops none of the others. */
export async function retentionWorkflow(): Promise<RetentionResult> {
  const result: RetentionResult = { removed: {}, failed: {} };
  for (const rule of await upkeep('rules').listRetentionRules()) {
    try {
      result.removed[rule] = await upkeep(rule).applyRetentionRule(rule);
    } catch (error) {
      if (isCancellation(error)) throw error;
      result.failed[rule] = reasonOf(error);
    }
  }
  const failed = Object.entries(result.failed);
  if (failed.length === 0) return result;
  throw ApplicationFailure.create({
    message: `Not applied: ${failed.map(([rule, reason]) => `${rule} (${reason})`).join('; ')}. The next run tries again. The details say what the other rules removed.`,
    type: 'RETENTION_INCOMPLETE',
    nonRetryable: true,
    details: [result],
  });
}
