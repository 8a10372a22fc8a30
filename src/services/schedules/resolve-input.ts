import type { Transaction } from 'sequelize';
import type { UpdateSchedule } from '../../contracts/schedule.ts';
import type { StoredVariable } from '../../db/load-definition.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { FieldProblem } from '../../domain/ops-error.ts';
import { parseSelector } from '../../domain/selector.ts';
import { valueProblem } from '../../domain/variable-problems.ts';
import type { Matches } from '../../domain/variable-problems.ts';
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

const variableFields = ({ variables: declared }: ScheduledJob, given: ScheduleInput['variables'], matches: Matches): FieldProblem[] => {
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

/** What of the things that schedules name there is. */
export interface KnownThings {
  /** Uuids of active targets by serial. */
  targets: ReadonlyMap<string, string>;
  /** Names in lower case. */
  calendars: ReadonlySet<string>;
}

const calendarFields = (names: readonly string[], { calendars }: KnownThings): FieldProblem[] =>
  names.flatMap((name, index) =>
    calendars.has(name.toLowerCase()) ? [] : [{ path: `calendars.${index}`, message: `there is no calendar ${name}` }],
  );

const targetFields = (serials: readonly string[], { targets }: KnownThings): FieldProblem[] =>
  serials.flatMap((serial, index) => (targets.has(serial) ? [] : [{ path: `targets.${index}`, message: `there is no target ${serial}` }]));

/** Reads what these inputs name, whatever number of them, in two statements at most. */
export const readKnownThings = async (
  db: Db,
  inputs: readonly Pick<ScheduleInput, 'targets' | 'calendars'>[],
  transaction?: Transaction,
): Promise<KnownThings> => {
  const serials = [...new Set(inputs.flatMap(({ targets = [] }) => targets))];
  const names = [...new Set(inputs.flatMap(({ calendars }) => calendars.map((name) => name.toLowerCase())))];
  const targets = await readTargets(db, serials, transaction);
  return { targets, calendars: await readCalendars(db, names, transaction) };
};

const readCalendars = async (db: Db, names: readonly string[], transaction?: Transaction): Promise<Set<string>> => {
  if (names.length === 0) return new Set();
  const known = await selectRows<{ name: string }>(
    db,
    // Within a transaction nobody deletes them before it has ended.
    `SELECT lower(name) AS name FROM calendars WHERE lower(name) = ANY($1::text[]) ORDER BY id ${transaction === undefined ? '' : 'FOR SHARE'}`,
    [names],
    transaction,
  );
  return new Set(known.map(({ name }) => name));
};

const readTargets = async (db: Db, serials: readonly string[], transaction?: Transaction): Promise<Map<string, string>> => {
  if (serials.length === 0) return new Map();
  const rows = await selectRows<{ target_serial: string; target_uuid: string }>(
    db,
    'SELECT target_serial, target_uuid FROM universal_targets WHERE is_active AND target_serial = ANY($1::text[])',
    [serials],
    transaction,
  );
  return new Map(rows.map(({ target_serial: serial, target_uuid: uuid }) => [serial, uuid]));
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

/** What a schedule is by its input, and what of it does not fit what there is; nothing is thrown. */
export const resolveAgainst = (
  job: ScheduledJob,
  input: ScheduleInput,
  known: KnownThings,
  matches: Matches = createBoundedMatch(),
): { definition: FiringDefinition; fields: FieldProblem[] } => {
  const fields = [
    ...timeFields(input),
    ...selectorFields(input.target_selector),
    ...targetFields(input.targets ?? [], known),
    ...variableFields(job, input.variables, matches),
    ...calendarFields(input.calendars, known),
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
  const uuids = input.targets && [...new Set(input.targets.flatMap((serial) => known.targets.get(serial) ?? []))];
  const ofTheRun = { target_uuids: uuids, target_selector: input.target_selector, variables, secrets: secretsOf(job.variables) };
  return { definition: { ...head, ...ofTheRun, calendars, labels }, fields };
};

/** What does not fit what there is: the job's variables, targets, calendars; nothing is thrown. */
export const resolveInput = async (
  db: Db,
  job: ScheduledJob,
  input: ScheduleInput,
  transaction?: Transaction,
): Promise<{ definition: FiringDefinition; fields: FieldProblem[] }> =>
  resolveAgainst(job, input, await readKnownThings(db, [input], transaction));

/** @throws OpsError VALIDATION naming all that does not fit. */
export const assertNoFields = (fields: readonly FieldProblem[]): void => {
  const [first] = fields;
  if (first !== undefined) throw new OpsError('VALIDATION', `${first.path}: ${first.message}.`, { fields });
};
