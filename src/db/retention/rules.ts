import { EXPIRY_RULES } from './expiry-rules.ts';
import { HISTORY_RULES, PARTITION_RULES } from './history-rules.ts';
import { PURGE_RULES } from './purge-rules.ts';
import type { RetentionRule } from './rule.ts';

/** Everything that does not live for ever (data model, parts 1.10, 6.5 and 7), in the order in which it is applied. */
export const RETENTION_RULES: readonly RetentionRule[] = [...PARTITION_RULES, ...HISTORY_RULES, ...EXPIRY_RULES, ...PURGE_RULES];
