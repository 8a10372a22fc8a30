import type { Sequelize, Transaction } from 'sequelize';
import { ACTION_NEEDS, canServe, METHODS } from '../../contracts/capabilities.ts';
import { CommunicationMethodType } from '../../contracts/enums.ts';
import type { ActionType } from '../../contracts/enums.ts';
import { selectRows } from '../../db/query.ts';
import type { FlatAction } from '../../domain/flatten-actions.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { FieldProblem } from '../../domain/ops-error.ts';

const SERIALS_SHOWN = 5;

/** Runs from the worker: what it talks to is in the action itself. */
export const namesItsServer = (type: ActionType, { url, connectionString }: Readonly<Record<string, unknown>>): boolean =>
  (type === 'api' && typeof url === 'string' && !url.startsWith('/')) || typeof connectionString === 'string';

/** Types of method over which an action can run; undefined: it needs no method. */
const methodsFor = (flat: FlatAction): CommunicationMethodType[] | undefined => {
  const { action_type: type, action_config: config, action_parameters: parameters } = flat.action;
  if (ACTION_NEEDS[type].length === 0 || namesItsServer(type, parameters)) return undefined;
  return config.method === undefined ? CommunicationMethodType.options.filter((method) => canServe(method, type)) : [config.method];
};

/** Decided at run time whether it runs: a target of another kind may well be passed over. */
const isConditional = (flat: FlatAction): boolean => {
  const { is_enabled: isEnabled, conditions } = flat.action;
  const isInBranch = flat.slot !== undefined && flat.slot !== 'parallel';
  return !isEnabled || conditions.length > 0 || isInBranch || (flat.parent !== undefined && isConditional(flat.parent));
};

interface Unable {
  serials: string[];
  unable: number;
  total: number;
}

const UNABLE = `
SELECT count(*)::int AS total, count(*) FILTER (WHERE NOT able)::int AS unable,
  coalesce((array_agg(target_serial ORDER BY target_serial) FILTER (WHERE NOT able))[1:${SERIALS_SHOWN}], '{}') AS serials
FROM (SELECT t.target_serial, EXISTS (SELECT 1 FROM target_communication_methods m
    WHERE m.target_id = t.id AND m.is_active AND m.method_type = ANY($2::text[])) AS able
  FROM job_targets jt JOIN universal_targets t ON t.id = jt.target_id WHERE jt.job_id = $1 AND t.is_active) listed`;

/**
 * Refuses an action for which a target of the job has no active method; one that is decided at run time, only when no target has.
 * @throws OpsError VALIDATION naming the action's place and the targets.
 */
export const checkCapabilities = async (
  db: Sequelize,
  jobId: number,
  flat: readonly FlatAction[],
  transaction: Transaction,
): Promise<void> => {
  const known = new Map<string, Unable | undefined>();
  const fields: FieldProblem[] = [];
  for (const action of flat) {
    const methods = methodsFor(action);
    if (methods === undefined) continue;
    const name = methods.join();
    if (!known.has(name)) known.set(name, (await selectRows<Unable>(db, UNABLE, [jobId, methods], transaction))[0]);
    const found = known.get(name);
    if (found === undefined || found.unable === 0 || (isConditional(action) && found.unable < found.total)) continue;
    fields.push({ path: action.path, message: sentence(action, methods, found) });
  }
  if (fields.length > 0)
    throw new OpsError('VALIDATION', `A target of the job cannot do an action: ${fields[0]?.message}.`, { fields: fields.slice(0, 20) });
};

const sentence = ({ action }: FlatAction, methods: readonly CommunicationMethodType[], { serials, unable }: Unable): string => {
  const labels = methods.map((method) => METHODS[method].label).join(', ');
  const others = unable > serials.length ? ` and ${unable - serials.length} more` : '';
  return `an action of type ${action.action_type} needs ${labels}, of which ${serials.join(', ')}${others} ${unable === 1 ? 'has' : 'have'} no active method`;
};
