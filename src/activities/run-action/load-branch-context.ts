import { ACTION_NEEDS, canServe, METHODS } from '../../contracts/capabilities.ts';
import type { CommunicationMethodType } from '../../contracts/enums.ts';
import type { ActionOutcome, ActionRef, Admission } from '../../contracts/run.ts';
import { SealedValue } from '../../contracts/sealed-value.ts';
import type { Endpoint } from '../../contracts/transport.ts';
import type { createDefinitionCache, DefinedAction, Definition, StoredVariable } from '../../db/load-definition.ts';
import { JOIN_CREDENTIAL, METHOD_COLUMNS, openEndpoint, secretTexts } from '../../db/method-endpoint.ts';
import type { MethodRow } from '../../db/method-endpoint.ts';
import { selectPreparedRows } from '../../db/query.ts';
import { openValue } from '../../db/seal.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { childSerial } from '../../domain/serials.ts';
import { variableText } from '../../domain/template/value.ts';
import type { BranchVariable } from '../../domain/system-variables.ts';
import { createSecretMask } from '../../domain/secret-mask.ts';
import type { SecretMask } from '../../domain/secret-mask.ts';
import type { ActivityDeps } from '../deps.ts';

/** A way to reach the target of a branch, its secret opened. */
export interface BranchMethod {
  methodId: number;
  name: string;
  type: CommunicationMethodType;
  endpoint: Endpoint;
  credentialUuid: string | null;
}

/** All that the actions of one branch need, opened inside the worker and nowhere else. */
export interface BranchContext {
  branchId: number;
  executionId: number;
  executionSerial: string;
  executionUuid: string;
  jobName: string;
  targetSerial: string;
  targetName: string;
  osType: string;
  /** Those that some action of the job can use, the primary one first. */
  methods: BranchMethod[];
  definition: Definition;
  /** Environment of every program of the branch: the job's variables, and what OpsConductor knows. */
  variables: Record<string, string>;
  mask: SecretMask;
}

interface BranchRow {
  branch_id: number;
  execution_id: number;
  execution_serial: string;
  execution_uuid: string;
  execution_date: string;
  execution_time: string;
  run_variables: Record<string, unknown>;
  definition_version: number;
  job_id: number;
  job_uuid: string;
  job_serial: string;
  job_name: string;
  target_serial: string;
  target_name: string;
  os_type: string;
}

/** One row a method; a target without methods gives one row whose method is null. */
type ContextRow = BranchRow & (MethodRow | { method_id: null });

/** @param more columns, and the join that gives them */
const contextSql = (more = '', join = ''): string => `
SELECT b.id AS branch_id, e.id AS execution_id, e.execution_serial, e.execution_uuid, e.variables AS run_variables,
  to_char(coalesce(e.started_at, e.created_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS execution_date,
  to_char(coalesce(e.started_at, e.created_at) AT TIME ZONE 'UTC', 'HH24:MI:SS') AS execution_time, e.definition_version,
  j.id AS job_id, j.job_uuid, j.job_serial, j.name AS job_name, t.target_serial, t.name AS target_name, t.os_type, ${METHOD_COLUMNS}${more}
FROM job_execution_branches b JOIN job_executions e ON e.id = b.job_execution_id JOIN jobs j ON j.id = e.job_id
  JOIN universal_targets t ON t.id = b.target_id
  LEFT JOIN target_communication_methods m ON m.target_id = t.id AND m.is_active ${JOIN_CREDENTIAL} ${join}
WHERE b.branch_serial = $1 ORDER BY m.is_primary DESC, m.priority, m.id`;
const CONTEXT_OF_BRANCH = contextSql();
const CONTEXT_OF_ACTION = contextSql(
  ', s.status AS refused_as, s.failure_category AS refused_category, s.error_code AS refused_code',
  `LEFT JOIN job_action_results s ON s.action_serial = $2 AND s.iteration = $3 AND s.attempt = 1 AND s.status IN ('skipped', 'failed') AND s.activity_id IS NULL`,
);

type LoadDeps = Pick<ActivityDeps, 'db' | 'keyRing' | 'readSettings'>;
type LoadDefinition = ReturnType<typeof createDefinitionCache>;

/** @throws OpsError CREDENTIAL_UNREADABLE */
export const loadBranchContext = async (deps: LoadDeps, loadDefinition: LoadDefinition, branch: string): Promise<BranchContext> =>
  contextOf(deps, loadDefinition, branch, await selectPreparedRows<ContextRow>(deps.db, 'context_of_branch', CONTEXT_OF_BRANCH, [branch]));

interface RefusedAs {
  refused_as: 'skipped' | 'failed' | null;
  refused_category: ActionOutcome['failureCategory'];
  refused_code: string | null;
}

/**
 * As loadBranchContext, for an action of whose conditions is asked.
 * @returns `refused`: they were asked before, and its row says that it does not run; what they would say now does not count
 * @throws OpsError CREDENTIAL_UNREADABLE, by `load`
 */
export const readAdmission = async (
  deps: LoadDeps,
  loadDefinition: LoadDefinition,
  { branch, order, iteration }: ActionRef,
): Promise<{ refused: Admission | undefined; load: () => Promise<BranchContext> }> => {
  const bind = [branch, childSerial(branch, order), iteration];
  const rows = await selectPreparedRows<ContextRow & RefusedAs>(deps.db, 'context_of_action', CONTEXT_OF_ACTION, bind);
  return { refused: refusedBy(rows[0]), load: () => contextOf(deps, loadDefinition, branch, rows) };
};

const refusedBy = (row: RefusedAs | undefined): Admission | undefined => {
  if (row?.refused_as === 'skipped') return { may: 'skip' };
  if (row?.refused_as !== 'failed') return undefined;
  const outcome = { status: 'failed', exitCode: null, failureCategory: row.refused_category, errorCode: row.refused_code } as const;
  return { may: 'fail', outcome };
};

const contextOf = async (
  { keyRing, readSettings }: LoadDeps,
  loadDefinition: LoadDefinition,
  branch: string,
  rows: readonly ContextRow[],
): Promise<BranchContext> => {
  const [row] = rows;
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no branch ${branch}.`);
  const settings = await readSettings();
  const definition = await loadDefinition(row.job_id, row.definition_version);
  const methods = rows.flatMap((candidate) =>
    candidate.method_id !== null && definition.actions.some((action) => canServe(candidate.method_type, action.type))
      ? [openMethod(keyRing, candidate, settings.connection_timeout_seconds)]
      : [],
  );
  const { values, secrets } = openVariables(keyRing, row, definition.variables);
  return {
    branchId: row.branch_id,
    executionId: row.execution_id,
    executionSerial: row.execution_serial,
    executionUuid: row.execution_uuid,
    jobName: row.job_name,
    targetSerial: row.target_serial,
    targetName: row.target_name,
    osType: row.os_type,
    methods,
    definition,
    variables: { ...values, ...systemVariables(row, methods[0]?.endpoint.host ?? '') },
    mask: createSecretMask([...secrets, ...methods.flatMap(({ endpoint }) => secretTexts(endpoint.secret))]),
  };
};

const openMethod = (keyRing: ActivityDeps['keyRing'], row: BranchRow & MethodRow, connectionTimeoutSeconds: number): BranchMethod => ({
  methodId: row.method_id,
  name: row.method_name,
  type: row.method_type,
  credentialUuid: row.credential_uuid,
  // Whether it may be without one is asked when an action uses it: another method of the target must not stand in the way.
  endpoint: openEndpoint(keyRing, row, {
    osType: row.os_type,
    connectionTimeoutSeconds,
    isCredentialOptional: true,
    where: `target ${row.target_serial} (${row.target_name})`,
  }),
});

/**
 * The method over which an action runs: the one that it names, else the first that can do it.
 * @throws OpsError METHOD_MISSING, CREDENTIAL_MISSING, naming the target and what the action needs.
 */
export const methodOf = ({ methods, targetSerial, targetName }: BranchContext, action: DefinedAction): BranchMethod => {
  const wanted = action.config['method'];
  const found = methods.find((method) => canServe(method.type, action.type) && (wanted === undefined || method.type === wanted));
  if (found !== undefined) return withCredential(found, targetSerial, targetName);
  const able = Object.entries(METHODS).flatMap(([type, { capabilities }]) =>
    capabilities.some((capability) => ACTION_NEEDS[action.type].includes(capability)) ? [type] : [],
  );
  throw new OpsError(
    'METHOD_MISSING',
    `Target ${targetSerial} (${targetName}) has no active method for action ${action.order} (${action.name}), which is of type ${action.type}. ` +
      `It needs ${typeof wanted === 'string' ? wanted : `one of ${able.join(', ')}`}. Add one to the target.`,
  );
};

const withCredential = (method: BranchMethod, serial: string, name: string): BranchMethod => {
  if (method.endpoint.secret !== undefined || METHODS[method.type].isCredentialOptional) return method;
  throw new OpsError(
    'CREDENTIAL_MISSING',
    `The ${method.type} method of target ${serial} (${name}) has no active credential. Add one to the target.`,
  );
};

const systemVariables = (row: BranchRow, host: string): Record<BranchVariable, string> => ({
  JOB_NAME: row.job_name,
  JOB_SERIAL: row.job_serial,
  EXECUTION_ID: row.execution_serial,
  EXECUTION_DATE: row.execution_date,
  EXECUTION_TIME: row.execution_time,
  TARGET_NAME: row.target_name,
  TARGET_SERIAL: row.target_serial,
  TARGET_HOST: host,
  TARGET_HOSTNAME: host,
  TARGET_OS: row.os_type,
});

const openVariables = (keyRing: ActivityDeps['keyRing'], row: BranchRow, stored: readonly StoredVariable[]) => {
  const values: Record<string, string> = {};
  const secrets: string[] = [];
  for (const variable of stored) {
    const override = row.run_variables[variable.key];
    const text = override === undefined ? ownText(keyRing, row, variable) : overrideText(keyRing, row, variable, override);
    if (text === undefined) continue;
    values[variable.key] = text;
    if (variable.is_secret) secrets.push(text);
  }
  return { values, secrets };
};

const ownText = (keyRing: ActivityDeps['keyRing'], row: BranchRow, variable: StoredVariable): string | undefined => {
  if (variable.sealed !== undefined)
    return openValue(keyRing, variable.sealed, { table: 'jobs', uuid: row.job_uuid, column: `variables.${variable.key}` });
  return variable.value === undefined || variable.value === null ? undefined : variableText(variable.value);
};

const overrideText = (keyRing: ActivityDeps['keyRing'], row: BranchRow, variable: StoredVariable, override: unknown): string => {
  if (!variable.is_secret) return variableText(override);
  return openValue(keyRing, SealedValue.parse(override), {
    table: 'job_executions',
    uuid: row.execution_uuid,
    column: `variables.${variable.key}`,
  });
};
