import type { ActionCondition, ActionDependency } from '../../contracts/actions/common.ts';
import type { ActionSlot, ActionType, OnFailure } from '../../contracts/enums.ts';
import type { Values } from '../conditions.ts';
import type { Place } from '../template/value.ts';

/** What of an action a plan looks at. */
export interface PlanAction {
  order: number;
  key: string;
  parent: number | null;
  slot: ActionSlot | null;
  name: string;
  type: ActionType;
  parameters: Record<string, unknown>;
  config: Record<string, unknown>;
  isEnabled: boolean;
  onFailure: OnFailure;
  conditions: ActionCondition[];
  dependencies: ActionDependency[];
}

/** How an action gets to its target. `place`: what reads its command. */
export type PlanRoute = { method: string | null; place: Place } | { problem: string };

/** What is known before a run of one target. */
export interface PlanFacts {
  values: Values;
  /** Variables that have a value which is not looked at: secrets, and what a run gives them. */
  unknown: ReadonlySet<string>;
  secrets: ReadonlySet<string>;
  routeOf: (action: PlanAction) => PlanRoute;
  /** Of a connectionString, with the values that are known. */
  weaknessesOf: (connectionString: string) => string[];
}
