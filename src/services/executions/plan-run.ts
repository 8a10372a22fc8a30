import { setImmediate } from 'node:timers/promises';
import type { Transaction } from 'sequelize';
import { canServe, METHODS } from '../../contracts/capabilities.ts';
import type { JobPlan, PlanJob, PlanTarget } from '../../contracts/plan.ts';
import { createDefinitionCache } from '../../db/load-definition.ts';
import type { Definition, StoredVariable } from '../../db/load-definition.ts';
import { openEndpoint } from '../../db/method-endpoint.ts';
import { selectRow } from '../../db/query.ts';
import { recordAudits } from '../../db/record-audit.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { planSteps } from '../../domain/plan/plan-steps.ts';
import { LOOP_VARIABLES, PREVIOUS_VARIABLES, SO_FAR_VARIABLES } from '../../domain/system-variables.ts';
import type { BranchVariable } from '../../domain/system-variables.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { cursorId, pageOfRows } from '../page.ts';
import { credentialAccess } from '../targets/credential-access.ts';
import { connectionWeaknesses } from '../jobs/connection-weaknesses.ts';
import { probe } from '../targets/probe.ts';
import { checkValues } from './check-values.ts';
import { countPlannedTargets, selectPlannedMethods, selectPlannedTargets } from './plan-targets.ts';
import type { PlannedMethod, PlannedTarget } from './plan-targets.ts';
import { methodFor, routeOf } from './planned-route.ts';
import { selectTargets } from './select-targets.ts';
import { valuesOfRun } from './values-of-run.ts';

interface JobHead {
  id: number;
  job_serial: string;
  name: string;
  definition_version: number;
  variables: StoredVariable[];
  target_selector: string | null;
  is_template: boolean;
}

const PROBES_AT_ONCE = 8;
/** What only the run itself knows. */
const OF_THE_RUN = ['EXECUTION_ID', 'EXECUTION_DATE', 'EXECUTION_TIME', ...PREVIOUS_VARIABLES, ...SO_FAR_VARIABLES, ...LOOP_VARIABLES];

const JOB = `SELECT id, job_serial, name, definition_version, variables, target_selector, is_template FROM jobs WHERE job_serial = $1 AND deleted_at IS NULL`;

interface Read {
  job: JobHead;
  definition: Definition;
  given: Record<string, unknown>;
  head: Awaited<ReturnType<typeof countPlannedTargets>>;
  targets: PlannedTarget[];
  methods: Map<number, PlannedMethod[]>;
}

const read = async ({ db }: ServiceDeps, serial: string, input: PlanJob, transaction: Transaction): Promise<Omit<Read, 'definition'>> => {
  const job = await selectRow<JobHead>(db, JOB, [serial], transaction);
  if (job === undefined || job.is_template) throw new OpsError('NOT_FOUND', `There is no job ${serial} that can run.`);
  const { target_uuids: uuids, selector: runSelector = null } = await selectTargets(db, job, input, transaction);
  const given = valuesOfRun(job.variables, input.variables ?? {});
  await checkValues(db, job, given, transaction);
  const wanted = { jobId: job.id, jobSelector: job.target_selector, runSelector, uuids };
  const head = await countPlannedTargets(db, wanted, transaction);
  const targets = await selectPlannedTargets(db, wanted, { after: cursorId(input) ?? 0, limit: input.limit + 1 }, transaction);
  const rows = await selectPlannedMethods(
    db,
    targets.slice(0, input.limit).map(({ row_id: id }) => id),
    transaction,
  );
  return { job, given, head, targets, methods: Map.groupBy(rows, ({ target_id: id }) => id) };
};

type Known = Record<Exclude<BranchVariable, `EXECUTION_${string}`>, string>;

const systemValues = ({ job, definition }: Read, target: PlannedTarget, methods: readonly PlannedMethod[]): Known => {
  const first = methods.find(({ method_type: type }) => definition.actions.some((action) => canServe(type, action.type)));
  const host = first?.host ?? '';
  return {
    JOB_NAME: job.name,
    JOB_SERIAL: job.job_serial,
    TARGET_NAME: target.name,
    TARGET_SERIAL: target.target_serial,
    TARGET_HOST: host,
    TARGET_HOSTNAME: host,
    TARGET_OS: target.os_type,
  };
};

/** What a plan may look at of the variables of a job: no secret is opened for it. */
const variablesOf = ({ definition, given }: Read) => {
  const values: Record<string, unknown> = {};
  const secrets = new Set<string>();
  for (const { key, value, sealed, is_secret: isSecret } of definition.variables) {
    const found = given[key] ?? value;
    if (isSecret && (found ?? sealed) !== undefined) secrets.add(key);
    else if (found !== undefined && found !== null) values[key] = found;
  }
  return { values, secrets, unknown: new Set([...secrets, ...OF_THE_RUN]) };
};

const planTarget = (found: Read, target: PlannedTarget): Omit<PlanTarget, 'probes'> => {
  const methods = found.methods.get(target.row_id) ?? [];
  const { values, ...names } = variablesOf(found);
  const steps = planSteps(found.definition.actions, {
    ...names,
    values: { ...values, ...systemValues(found, target, methods) },
    routeOf: (action) => routeOf(action, methods, target.os_type),
    weaknessesOf: connectionWeaknesses,
  });
  return { target_serial: target.target_serial, target_name: target.name, steps };
};

const usedMethods = ({ definition, methods }: Read, target: PlannedTarget, steps: PlanTarget['steps']): PlannedMethod[] => {
  const used = new Set(steps.flatMap(({ verdict, method }) => (verdict === 'skipped' || method === null ? [] : [method])));
  const own = methods.get(target.row_id) ?? [];
  const wanted = new Set(definition.actions.map((action) => methodFor(action, own)));
  return own.filter((method) => used.has(method.method_name) && wanted.has(method));
};

const probeMethod = async (deps: ServiceDeps, target: PlannedTarget, row: PlannedMethod): Promise<PlanTarget['probes'][number]> => {
  const address = [row.host ?? '', ...(row.port === null ? [] : [row.port])].join(':');
  const head = { method_name: row.method_name, method_type: row.method_type, address };
  const settings = await deps.readSettings();
  try {
    const endpoint = openEndpoint(deps.keyRing, row, {
      osType: target.os_type,
      connectionTimeoutSeconds: settings.connection_timeout_seconds,
      isCredentialOptional: METHODS[row.method_type].isCredentialOptional,
      where: `target ${target.target_serial}`,
    });
    return { ...head, ...(await probe(deps, endpoint)) };
  } catch (error) {
    // One login that cannot be opened hides nothing of the other targets.
    if (!(error instanceof OpsError)) throw error;
    const { message, code, category } = error;
    return {
      ...head,
      result: 'failure',
      message,
      error_code: code,
      failure_category: category,
      duration_ms: 0,
      host_key_fingerprint: null,
    };
  }
};

/** Connects to the methods that the steps would use, some targets at once; each credential that is opened for it is audited before. */
const addProbes = async (deps: ServiceDeps, caller: Caller, found: Read, targets: PlanTarget[]): Promise<void> => {
  const wanted = targets.flatMap((planned, index) => {
    const target = found.targets[index];
    return target === undefined ? [] : [{ planned, target, methods: usedMethods(found, target, planned.steps) }];
  });
  const accesses = wanted.flatMap(({ target: { target_serial: target }, methods }) =>
    methods.flatMap((row) => credentialAccess(caller, 'probe_plan', row, { job: found.job.job_serial, target })),
  );
  await recordAudits(deps.db, deps.keyRing.auditKey, accesses);
  const queue = wanted.values();
  const drain = async (): Promise<void> => {
    for (const { planned, target, methods } of queue) for (const row of methods) planned.probes.push(await probeMethod(deps, target, row));
  };
  await Promise.all(Array.from({ length: PROBES_AT_ONCE }, drain));
};

/**
 * What a run would do with one page of its targets, as far as it is known before. Only `probe` connects to targets, and writes: an audit event for
 * each stored credential that it opens.
 * @throws OpsError as starting the run would: NOT_FOUND, VALIDATION, NO_TARGETS, TARGET_NOT_ACTIVE, VARIABLE_MISSING; FORBIDDEN
 */
export const planRun = async (deps: ServiceDeps, caller: Caller, serial: string, input: PlanJob): Promise<JobPlan> => {
  authorize(caller, 'jobs.execute');
  if (input.probe) authorize(caller, 'targets.test');
  const rows = await deps.db.transaction((transaction) => read(deps, serial, input, transaction));
  const { job, head, targets } = rows;
  const found: Read = { ...rows, definition: await createDefinitionCache(deps.db)(job.id, job.definition_version) };
  const { data, next } = pageOfRows(
    targets.map((target) => ({ row_id: target.row_id, planned: target })),
    input.limit,
  );
  const planned: PlanTarget[] = [];
  for (const { planned: target } of data) {
    planned.push({ ...planTarget(found, target), probes: [] });
    // Conditions are evaluated in this process: other requests get their turn between targets.
    await setImmediate();
  }
  if (input.probe) await addProbes(deps, caller, found, planned);
  return {
    job_serial: job.job_serial,
    job_name: job.name,
    definition_version: job.definition_version,
    total_targets: head.total,
    left_out_total: head.left_out_total,
    left_out: head.left_out,
    targets: planned,
    next,
  };
};
