import type { Sequelize } from 'sequelize';
import type { ActionCondition, ActionDependency } from '../contracts/actions/common.ts';
import type { ActionSlot, ActionType, OnFailure } from '../contracts/enums.ts';
import type { JobSettings } from '../contracts/job.ts';
import type { SealedValue } from '../contracts/sealed-value.ts';
import { OpsError } from '../domain/ops-error.ts';
import { selectRow, selectRows } from './query.ts';

/** A variable as it is stored: secrets sealed. */
export interface StoredVariable {
  key: string;
  type: string;
  value?: unknown;
  sealed?: SealedValue;
  description?: string;
  is_secret: boolean;
  is_required: boolean;
  is_input?: boolean;
  choices?: unknown[];
  min?: number;
  max?: number;
  pattern?: string;
}

export interface DefinedAction {
  id: number;
  order: number;
  key: string;
  /** Order of the action around it, null of those that are in no other. */
  parent: number | null;
  slot: ActionSlot | null;
  name: string;
  type: ActionType;
  parameters: Record<string, unknown>;
  config: Record<string, unknown>;
  isEnabled: boolean;
  timeoutSeconds: number;
  retryCount: number | null;
  retryDelaySeconds: number;
  onFailure: OnFailure;
  conditions: ActionCondition[];
  dependencies: ActionDependency[];
}

/** One version of a job; never changes. */
export interface Definition {
  variables: StoredVariable[];
  retryCount: number;
  /** Of the actions that do not say. */
  keepsFullOutput: boolean;
  /** Of the actions that do not say. */
  capturesOutput: boolean;
  /** Of every program. */
  environment: Readonly<Record<string, string>>;
  actions: DefinedAction[];
}

const CACHED_DEFINITIONS = 100;

/** Loads versions of jobs and keeps the latest used: they never change, and every branch of a run asks for the same one. */
export const createDefinitionCache = (db: Sequelize) => {
  const cache = new Map<string, Promise<Definition>>();
  return (jobId: number, version: number): Promise<Definition> => {
    const key = `${jobId}/${version}`;
    const known = cache.get(key);
    if (known !== undefined) return known;
    const loading = loadDefinition(db, jobId, version);
    cache.set(key, loading);
    loading.catch(() => cache.delete(key));
    const oldest = cache.keys().next().value;
    if (cache.size > CACHED_DEFINITIONS && oldest !== undefined) cache.delete(oldest);
    return loading;
  };
};

const loadDefinition = async (db: Sequelize, jobId: number, version: number): Promise<Definition> => {
  const head = await selectRow<{
    definition: {
      variables: StoredVariable[];
      retry_count: number;
      settings?: Pick<JobSettings, 'keep_full_output' | 'capture_output' | 'environment'>;
    };
  }>(db, 'SELECT definition FROM job_versions WHERE job_id = $1 AND definition_version = $2', [jobId, version]);
  if (head === undefined) throw new OpsError('NOT_FOUND', `Version ${version} of the job is not in the database.`);
  const actions = await selectRows<DefinedAction>(
    db,
    `SELECT id, action_order AS "order", action_key AS key, parent_slot AS slot, conditions, dependencies, action_name AS name,
       (SELECT p.action_order FROM job_actions p WHERE p.id = a.parent_action_id) AS parent, action_type AS type, action_parameters AS parameters, action_config AS config,
       is_enabled AS "isEnabled", timeout_seconds AS "timeoutSeconds", retry_count AS "retryCount", retry_delay_seconds AS "retryDelaySeconds",
       on_failure AS "onFailure"
     FROM job_actions a WHERE job_id = $1 AND definition_version = $2 ORDER BY action_order`,
    [jobId, version],
  );
  const { variables, retry_count: retryCount, settings } = head.definition;
  return {
    variables,
    retryCount,
    keepsFullOutput: settings?.keep_full_output === true,
    capturesOutput: settings?.capture_output !== false,
    environment: settings?.environment ?? {},
    actions,
  };
};
