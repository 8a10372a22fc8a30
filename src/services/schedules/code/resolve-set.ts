import { setImmediate as otherWork } from 'node:timers/promises';
import type { DefinitionProblem, ScheduleCode } from '../../../contracts/schedule-code.ts';
import type { ScheduleDefinition } from '../../../contracts/schedule.ts';
import { selectRows } from '../../../db/query.ts';
import type { FieldProblem } from '../../../domain/ops-error.ts';
import type { Matches } from '../../../domain/variable-problems.ts';
import type { ServiceDeps } from '../../context.ts';
import { createBoundedMatch } from '../../jobs/bounded-match.ts';
import type { FiringDefinition } from '../definition.ts';
import { secretsOf } from '../definition.ts';
import { readKnownThings, resolveAgainst } from '../resolve-input.ts';
import type { KnownThings, ScheduledJob } from '../resolve-input.ts';
import { parseDefinition } from './definition-problems.ts';

/** In place of a secret: it stays as it is stored. */
export const KEPT_SECRET = '********';

/** So many definitions are looked at before the process answers others. */
const IN_ONE_GO = 50;
const LONGEST_PATH = 500;

interface NamedJob extends ScheduledJob {
  name: string;
}

/** A definition that fits what there is. */
export interface ResolvedDefinition {
  index: number;
  source: string;
  /** File and name, as the row keeps it. */
  path: string;
  job: NamedJob;
  input: ScheduleDefinition;
  definition: FiringDefinition;
  /** Variables whose secret is the stored one. */
  kept: readonly string[];
}

interface Parsed {
  index: number;
  source: string;
  input: ScheduleDefinition;
}

interface ResolvedSet {
  problems: DefinitionProblem[];
  resolved: ResolvedDefinition[];
}

const parseAll = async (definitions: ScheduleCode['definitions']): Promise<{ parsed: Parsed[]; problems: DefinitionProblem[] }> => {
  const [parsed, problems]: [Parsed[], DefinitionProblem[]] = [[], []];
  for (const [index, { source, definition }] of definitions.entries()) {
    if (index % IN_ONE_GO === IN_ONE_GO - 1) await otherWork();
    const result = parseDefinition(definition);
    if ('definition' in result) parsed.push({ index, source, input: result.definition });
    else problems.push(...problemsAt({ index, source }, result.fields));
  }
  return { parsed, problems };
};

const problemsAt = ({ index, source }: { index: number; source: string }, fields: readonly FieldProblem[]): DefinitionProblem[] =>
  fields.map(({ path, message }) => ({ definition: index, source, path, message }));

const readJobs = (db: ServiceDeps['db'], keys: readonly string[]): Promise<NamedJob[]> =>
  selectRows<NamedJob>(
    db,
    `SELECT id, job_serial, job_uuid, name, variables FROM jobs
     WHERE deleted_at IS NULL AND NOT is_template AND (job_serial = ANY($1::text[]) OR name = ANY($1::text[])) ORDER BY id`,
    [[...new Set(keys)]],
  );

/** Jobs by what definitions call them: serials before names. */
const findJobIn = (jobs: readonly NamedJob[]): ((key: string) => NamedJob | string) => {
  const bySerial = new Map(jobs.map((job) => [job.job_serial, job]));
  const byName = Map.groupBy(jobs, ({ name }) => name);
  return (key) => {
    const named = byName.get(key) ?? [];
    const job = bySerial.get(key) ?? named[0];
    if (job === undefined) return `there is no job "${key}"`;
    if (job.job_serial === key || named.length === 1) return job;
    return `${named.length} jobs have this name (${named.map(({ job_serial: serial }) => serial).join(', ')}): say the serial of the one that is meant`;
  };
};

/** The file of a source, without its line, and the name of the schedule. */
const pathOf = (source: string, name: string): string => {
  const file = source.replace(/:\d+$/, '');
  const ending = ` "${name}"`;
  const room = LONGEST_PATH - ending.length;
  return `${file.length > room ? `…${file.slice(1 - room)}` : file}${ending}`;
};

/** One for the schedules of a job, so that the patterns of one job take no time of others. */
const matchesByJob = (): ((job: NamedJob) => Matches) => {
  const made = new Map<number, Matches>();
  return ({ id }) => {
    const matches = made.get(id) ?? createBoundedMatch();
    made.set(id, matches);
    return matches;
  };
};

const resolveOne = ({ index, source, input }: Parsed, job: NamedJob, known: KnownThings, matches: Matches) => {
  const secrets = secretsOf(job.variables);
  const kept = Object.keys(input.variables).filter((key) => secrets.has(key) && input.variables[key] === KEPT_SECRET);
  const variables = Object.fromEntries(Object.entries(input.variables).filter(([key]) => !kept.includes(key)));
  const { definition, fields } = resolveAgainst(job, { ...input, variables }, known, matches);
  return { one: { index, source, path: pathOf(source, input.name), job, input, definition, kept }, fields };
};

/** Two of the same name of the same job. */
const duplicateFields = (seen: Map<string, string>, { job, input, source }: ResolvedDefinition): FieldProblem[] => {
  const key = `${job.id} ${input.name}`;
  const first = seen.get(key);
  if (first === undefined) seen.set(key, source);
  return first === undefined ? [] : [{ path: 'name', message: `is the name of another schedule of ${job.job_serial}, in ${first}` }];
};

/** Holds a whole set against the jobs, targets and calendars that there are, in a few statements; all that is wrong is told. */
export const resolveSet = async ({ db }: ServiceDeps, definitions: ScheduleCode['definitions']): Promise<ResolvedSet> => {
  const { parsed, problems } = await parseAll(definitions);
  const jobOf = findJobIn(
    await readJobs(
      db,
      parsed.map(({ input }) => input.job),
    ),
  );
  const known = await readKnownThings(
    db,
    parsed.map(({ input }) => input),
  );
  const [resolved, seen, matchesOf] = [[] as ResolvedDefinition[], new Map<string, string>(), matchesByJob()];
  for (const [at, one] of parsed.entries()) {
    if (at % IN_ONE_GO === IN_ONE_GO - 1) await otherWork();
    const job = jobOf(one.input.job);
    if (typeof job === 'string') problems.push(...problemsAt(one, [{ path: 'job', message: job }]));
    else {
      const { one: found, fields } = resolveOne(one, job, known, matchesOf(job));
      const all = [...fields, ...duplicateFields(seen, found)];
      if (all.length === 0) resolved.push(found);
      problems.push(...problemsAt(one, all));
    }
  }
  return { problems: problems.toSorted((a, b) => a.definition - b.definition), resolved };
};
