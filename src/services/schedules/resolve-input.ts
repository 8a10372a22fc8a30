import type { Transaction } from 'sequelize';
import type { UpdateSchedule } from '../../contracts/schedule.ts';
import type { StoredVariable } from '../../db/load-definition.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { FieldProblem } from '../../domain/ops-error.ts';
import { parseSelector } from '../../domain/selector.ts';
import { valueProblem } from '../../domain/variable-problems.ts';
import type { ServiceDeps } from '../context.ts';
import { createBoundedMatch } from '../jobs/bounded-match.ts';
import { secretsOf } from './definition.ts';
import type { FiringDefinition } from './definition.ts';
import type { FiringRules } from './temporal-schedules.ts';

/** The job of a schedule. */
export interface ScheduledJob {
  id: number;
  job_serial: string;
  job_uuid: string;
  variables: StoredVariable[];
}

type Db = ServiceDeps['db'];

/** Every field that schedules and their definitions in code have in common. */
export type ScheduleInput = UpdateSchedule;

export const rulesOf = ({ when, timezone, start_date, end_date, jitter_seconds }: ScheduleInput): FiringRules => ({
  when: Array.isArray(when) ? when : [when],
  timezone,
  start_date,
  end_date,
  jitter_seconds,
});

/** @throws OpsError NOT_FOUND */
export const findJob = async (db: Db, serial: string, transaction?: Transaction): Promise<ScheduledJob> => {
  const job = await selectRow<ScheduledJob>(
    db,
    // It is not deleted before its schedule is there, which goes with it.
    'SELECT id, job_serial, job_uuid, variables FROM jobs WHERE job_serial = $1 AND deleted_at IS NULL AND NOT is_template FOR SHARE',
    [serial],
    transaction,
  );
  if (job === undefined) throw new OpsError('NOT_FOUND', `There is no job ${serial}.`);
  return job;
};

const variableFields = ({ variables: declared }: ScheduledJob, given: ScheduleInput['variables']): FieldProblem[] => {
  const matches = createBoundedMatch();
  return Object.entries(given).flatMap(([key, value]) => {
    const variable = declared.find((candidate) => candidate.key === key);
    const message = variable === undefined ? 'the job declares no such variable' : valueProblem(variable, value, matches);
    return message === undefined ? [] : [{ path: `variables.${key}`, message }];
  });
};

const selectorFields = (selector: string | undefined): FieldProblem[] => {
  try {
    if (selector !== undefined) parseSelector(selector);
    return [];
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return [{ path: 'target_selector', message: error.message }];
  }
};

const calendarFields = async (db: Db, names: readonly string[], transaction?: Transaction): Promise<FieldProblem[]> => {
  if (names.length === 0) return [];
  const known = await selectRows<{ name: string }>(
    db,
    'SELECT lower(name) AS name FROM calendars WHERE lower(name) = ANY($1::text[])',
    [names.map((name) => name.toLowerCase())],
    transaction,
  );
  const has = new Set(known.map(({ name }) => name));
  return names.flatMap((name, index) =>
    has.has(name.toLowerCase()) ? [] : [{ path: `calendars.${index}`, message: `there is no calendar ${name}` }],
  );
};

const readTargets = async (db: Db, serials: readonly string[], transaction?: Transaction) => {
  const rows = await selectRows<{ target_serial: string; target_uuid: string }>(
    db,
    'SELECT target_serial, target_uuid FROM universal_targets WHERE is_active AND target_serial = ANY($1::text[])',
    [serials],
    transaction,
  );
  const known = new Map(rows.map(({ target_serial: serial, target_uuid: uuid }) => [serial, uuid]));
  const fields = serials.flatMap((serial, index): FieldProblem[] =>
    known.has(serial) ? [] : [{ path: `targets.${index}`, message: `there is no target ${serial}` }],
  );
  return { uuids: [...new Set(known.values())], fields };
};

const timeFields = ({ when, start_date: start, end_date: end }: ScheduleInput): FieldProblem[] => {
  const rules = Array.isArray(when) ? when : [when];
  const starts = start === null ? -Infinity : Date.parse(start);
  const ends = end === null ? Infinity : Date.parse(end);
  return rules.flatMap(({ once }, index): FieldProblem[] => {
    if (once === undefined) return [];
    const at = Date.parse(once);
    const path = Array.isArray(when) ? `when.${index}.once` : 'when.once';
    return at < starts || at > ends ? [{ path, message: 'is not between start_date and end_date: it would never fire' }] : [];
  });
};

/** What does not fit what there is: the job's variables, targets, calendars; nothing is thrown. */
export const resolveInput = async (
  db: Db,
  job: ScheduledJob,
  input: ScheduleInput,
  transaction?: Transaction,
): Promise<{ definition: FiringDefinition; fields: FieldProblem[] }> => {
  const targets = input.targets === undefined ? undefined : await readTargets(db, input.targets, transaction);
  const fields = [
    ...timeFields(input),
    ...selectorFields(input.target_selector),
    ...(targets?.fields ?? []),
    ...variableFields(job, input.variables),
    ...(await calendarFields(db, input.calendars, transaction)),
  ];
  const { name, max_executions, overlap_policy, catchup_window_seconds, pause_on_failure, variables, calendars, labels } = input;
  const head = {
    name,
    job_uuid: job.job_uuid,
    rules: rulesOf(input),
    max_executions,
    overlap_policy,
    catchup_window_seconds,
    pause_on_failure,
  };
  const ofTheRun = { target_uuids: targets?.uuids, target_selector: input.target_selector, variables, secrets: secretsOf(job.variables) };
  return { definition: { ...head, ...ofTheRun, calendars, labels }, fields };
};

/** @throws OpsError VALIDATION naming all that does not fit. */
export const assertNoFields = (fields: readonly FieldProblem[]): void => {
  const [first] = fields;
  if (first !== undefined) throw new OpsError('VALIDATION', `${first.path}: ${first.message}.`, { fields });
};
