import type { ActionConfig, ActionCondition, ActionDependency } from './common.ts';
import type { z } from 'zod';
import type { ActionType, OnFailure } from '../enums.ts';

/** Any action as what nests actions sees it: its own input is open. */
export interface NestedAction {
  action_type: ActionType;
  action_key?: string | undefined;
  action_name: string;
  action_parameters: Record<string, unknown>;
  action_config: z.infer<typeof ActionConfig>;
  is_enabled: boolean;
  timeout_seconds?: number | undefined;
  retry_count?: number | undefined;
  retry_delay_seconds?: number | undefined;
  on_failure: OnFailure;
  conditions: ActionCondition[];
  dependencies: ActionDependency[];
  rollback: NestedAction[];
}
