import type { Sequelize, Transaction } from 'sequelize';
import { selectRows } from '../../db/query.ts';
import type { FlatAction } from '../../domain/flatten-actions.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { FieldProblem } from '../../domain/ops-error.ts';
import type { WantedAction } from './unfit.ts';
import { profilesOfJob, profilesOfTargets } from './target-profiles.ts';
import type { TargetProfile } from './target-profiles.ts';
import { unableTargets } from './unable-targets.ts';

const PROBLEMS_SHOWN = 20;

/** Decided at run time whether it runs: a target of another kind may well be passed over. */
const isConditional = (flat: FlatAction): boolean => {
  const { is_enabled: isEnabled, conditions } = flat.action;
  const isInBranch = flat.slot !== undefined && flat.slot !== 'parallel';
  return !isEnabled || conditions.length > 0 || isInBranch || (flat.parent !== undefined && isConditional(flat.parent));
};

/** What targets cannot do of the actions of a job; of what is decided at run time, only what none of them can. */
export const capabilityProblems = (flat: readonly FlatAction[], profiles: readonly TargetProfile[]): FieldProblem[] =>
  flat.flatMap((one): FieldProblem[] => {
    const { action_type: type, action_parameters: parameters, action_config: config } = one.action;
    return unableTargets({ type, parameters, config, isConditional: isConditional(one) }, profiles).map(({ field, message }) => ({
      path: field === '' ? one.path : `${one.path}.${field}`,
      message,
    }));
  });

/**
 * Refuses an action that a target of the job's list cannot do; one that is decided at run time, only when no target can.
 * @throws OpsError VALIDATION naming the action's place and the targets.
 */
export const checkCapabilities = async (
  db: Sequelize,
  jobId: number,
  flat: readonly FlatAction[],
  transaction: Transaction,
): Promise<void> => {
  const fields = capabilityProblems(flat, await profilesOfJob(db, jobId, transaction));
  const [first] = fields;
  if (first === undefined) return;
  throw new OpsError('VALIDATION', `A target of the job cannot do an action: ${first.path}: ${first.message}.`, {
    fields: fields.slice(0, PROBLEMS_SHOWN),
  });
};

interface StoredAction extends WantedAction {
  order: number;
  name: string;
  parent: number | null;
  isGuarded: boolean;
}

const ACTIONS = `
SELECT a.action_order AS "order", a.action_name AS name, a.action_type AS type, a.action_parameters AS parameters, a.action_config AS config,
  (SELECT p.action_order FROM job_actions p WHERE p.id = a.parent_action_id) AS parent,
  NOT a.is_enabled OR a.conditions <> '[]' OR coalesce(a.parent_slot <> 'parallel', false) AS "isGuarded"
FROM job_actions a WHERE a.job_id = $1 AND a.definition_version = $2 ORDER BY a.action_order`;

/**
 * Refuses a run on targets that it names and that cannot do an action of its job. Those that a job lists were asked when it was saved.
 * @throws OpsError METHOD_MISSING, METHOD_UNSUPPORTED naming action and targets
 */
export const checkNamedTargets = async (
  db: Sequelize,
  { id, definition_version: version }: { id: number; definition_version: number },
  uuids: readonly string[] | undefined,
  transaction?: Transaction,
): Promise<void> => {
  if (uuids === undefined) return;
  const actions = await selectRows<StoredAction>(db, ACTIONS, [id, version], transaction);
  const profiles = await profilesOfTargets(db, uuids, transaction);
  const isGuarded = ({ isGuarded: own, parent }: StoredAction): boolean => {
    const around = actions.find(({ order }) => order === parent);
    return own || (around !== undefined && isGuarded(around));
  };
  const unable = actions.flatMap((action) =>
    unableTargets({ ...action, isConditional: isGuarded(action) }, profiles).map(({ message, isMissing }) => ({
      isMissing,
      message: `action ${action.order} (${action.name}): ${message}`,
    })),
  );
  const [first] = unable;
  if (first === undefined) return;
  throw new OpsError(
    first.isMissing ? 'METHOD_MISSING' : 'METHOD_UNSUPPORTED',
    `A target that the run names cannot do an action of the job: ${first.message}. Nothing was started.`,
    { fields: unable.slice(0, PROBLEMS_SHOWN).map(({ message }) => ({ path: 'targets', message })) },
  );
};
