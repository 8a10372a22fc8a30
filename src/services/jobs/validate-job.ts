import type { Sequelize } from 'sequelize';
import { CreateJob } from '../../contracts/job.ts';
import type { JobCheck, UncheckedJob } from '../../contracts/job-check.ts';
import { CreateTemplate } from '../../contracts/job-template.ts';
import { schemaProblems } from '../../contracts/schema-problems.ts';
import { ofJobCondition } from '../../db/chosen-targets.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { dangerousActions } from '../../domain/dangerous-actions.ts';
import { flattenActions } from '../../domain/flatten-actions.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { FieldProblem } from '../../domain/ops-error.ts';
import { parseSelector } from '../../domain/selector.ts';
import { unknownCalendars } from '../calendars/assert-calendars.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { actionsProblems } from './check-actions.ts';
import { capabilityProblems } from './check-capabilities.ts';
import { missingReferences } from './check-definition.ts';
import { weakConnections } from './connection-weaknesses.ts';
import { definitionOf } from './definition-of-job.ts';
import type { Kind } from './job-kind.ts';
import { readJob } from './read-jobs.ts';
import { variableProblems } from './stored-variables.ts';
import { profilesOf } from './target-profiles.ts';
import type { TargetProfile } from './target-profiles.ts';

type Problem = JobCheck['problems'][number];

const coded = (code: string, fields: readonly FieldProblem[]): Problem[] => fields.map((field) => ({ ...field, code }));

const answer = (problems: Problem[], warnings: FieldProblem[]): JobCheck => ({
  is_valid: problems.length === 0,
  problems,
  warnings,
});

const selectorProblems = ({ target_selector: selector }: CreateJob): FieldProblem[] => {
  try {
    if (selector !== null) parseSelector(selector, 'target_selector');
    return [];
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return [...error.fields];
  }
};

/** All that the definition says of itself. */
const definitionCheck = async (deps: ServiceDeps, { userId }: Caller, input: CreateJob): Promise<JobCheck> => {
  const { dangerous_command_patterns: patterns } = await deps.readSettings();
  const flat = flattenActions(input.actions);
  const dangerous = dangerousActions(flat, patterns);
  const isConfirmed = input.settings.confirm_dangerous === true;
  return answer(
    [
      ...coded('VALIDATION', [
        ...variableProblems(input.variables, userId),
        ...selectorProblems(input),
        ...actionsProblems(flat, input.retry_count),
        ...missingReferences(flat, input),
        ...(await unknownCalendars(deps.db, input.settings.calendars, 'settings.calendars')),
      ]),
      ...(isConfirmed ? [] : coded('CONFIRMATION_NEEDED', dangerous)),
    ],
    [
      ...(isConfirmed ? dangerous.map(({ path, message }) => ({ path, message: `${message}; it is confirmed` })) : []),
      ...weakConnections(flat).flatMap(({ path, weaknesses }) => weaknesses.map((message) => ({ path, message }))),
    ],
  );
};

interface Counts {
  total: number;
  active: number;
}

/** Targets in SQL: FROM and WHERE of universal_targets `t`. */
interface Targets {
  sql: string;
  bind: readonly unknown[];
}

const unknownTargets = async (db: Sequelize, serials: readonly string[]): Promise<FieldProblem[]> => {
  const rows = await selectRows<{ target_serial: string }>(
    db,
    'SELECT target_serial FROM universal_targets WHERE is_active AND target_serial = ANY($1::text[])',
    [serials],
  );
  const known = new Set(rows.map((row) => row.target_serial));
  return serials.flatMap((serial, index) =>
    known.has(serial) ? [] : [{ path: `targets.${index}`, message: `there is no target ${serial}` }],
  );
};

/** What there is to say of the targets as they are today. */
const targetCheck = async (db: Sequelize, input: CreateJob, targets: Targets): Promise<JobCheck> => {
  const counts = await selectRow<Counts>(
    db,
    `SELECT count(*)::int AS total, count(*) FILTER (WHERE t.status = 'active')::int AS active FROM universal_targets t WHERE t.is_active AND ${targets.sql}`,
    targets.bind,
  );
  const profiles: TargetProfile[] = await profilesOf(db, targets);
  const { total = 0, active = 0 } = counts ?? {};
  const hasSelector = input.target_selector !== null;
  const warnings: FieldProblem[] = [];
  if (total === 0 && hasSelector) warnings.push({ path: 'target_selector', message: 'chooses no target today' });
  if (total === 0 && !hasSelector) warnings.push({ path: 'targets', message: 'has none: a run must name its targets' });
  if (total > active)
    warnings.push({ path: 'targets', message: `has ${total - active} of ${total} that are switched off: runs leave them out` });
  // Lists are refused when a job is saved; what a selector will choose is not known then.
  const unable = capabilityProblems(flattenActions(input.actions), profiles);
  return answer(hasSelector ? [] : coded('VALIDATION', unable), [...warnings, ...(hasSelector ? unable : [])]);
};

const both = (one: JobCheck, other: JobCheck): JobCheck =>
  answer([...one.problems, ...other.problems], [...one.warnings, ...other.warnings]);

const hasReadableSelector = (input: CreateJob): boolean => selectorProblems(input).length === 0;

/**
 * All that is wrong with a definition that is not saved, which need not even have the form of one: nothing is written.
 * @param kind templates have no targets.
 */
export const validateJob = async (deps: ServiceDeps, caller: Caller, kind: Kind, input: UncheckedJob): Promise<JobCheck> => {
  authorize(caller, 'jobs.read');
  const parsed = (kind === 'job' ? CreateJob : CreateTemplate).safeParse(input);
  if (!parsed.success) return answer(coded('VALIDATION', schemaProblems(parsed.error)), []);
  const definition: CreateJob = { target_selector: null, ...parsed.data };
  const own = await definitionCheck(deps, caller, definition);
  if (kind === 'template' || !hasReadableSelector(definition)) return own;
  const serials = definition.targets ?? [];
  // No job has this id: only what the selector chooses is joined.
  const selected = ofJobCondition({ jobId: 0, jobSelector: definition.target_selector }, 't', 2);
  const targets = { sql: `(t.target_serial = ANY($1::text[]) OR ${selected.sql})`, bind: [serials, ...selected.bind] };
  const unknown = answer(coded('VALIDATION', await unknownTargets(deps.db, serials)), []);
  return both(both(own, unknown), await targetCheck(deps.db, definition, targets));
};

/** All that is wrong today with a job or template as it is stored: its targets, the list of dangerous commands, may be others now. @throws OpsError NOT_FOUND */
export const validateStoredJob = async (
  deps: ServiceDeps,
  caller: Caller,
  { kind, serial }: { kind: Kind; serial: string },
): Promise<JobCheck> => {
  authorize(caller, 'jobs.read');
  const { db } = deps;
  const job = await readJob(db, serial, { kind });
  let definition: CreateJob;
  try {
    definition = definitionOf(job);
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return answer(coded(error.code, error.fields), []);
  }
  const own = await definitionCheck(deps, caller, definition);
  if (kind === 'template' || !hasReadableSelector(definition)) return own;
  const row = await selectRow<{ id: number }>(db, 'SELECT id FROM jobs WHERE job_serial = $1', [serial]);
  const targets = ofJobCondition({ jobId: row?.id ?? 0, jobSelector: definition.target_selector }, 't', 1);
  return both(own, await targetCheck(db, definition, targets));
};
