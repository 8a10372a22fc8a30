import { setImmediate as otherWork } from 'node:timers/promises';
import type { DefinitionProblem, ScheduleChange, ScheduleCode } from '../../../contracts/schedule-code.ts';
import type { ServiceDeps } from '../../context.ts';
import { readCodeRows, readTargetSerials } from './code-rows.ts';
import type { CodeRow } from './code-rows.ts';
import { compareWithRow } from './compare.ts';
import type { Comparison } from './compare.ts';
import { resolveSet } from './resolve-set.ts';
import type { ResolvedDefinition } from './resolve-set.ts';

const IN_ONE_GO = 50;

/** A definition, the schedule that it is of, and what is to become of it. */
export interface Compared extends Comparison {
  resolved: ResolvedDefinition;
  row: CodeRow | undefined;
}

export interface ComparedSet {
  problems: DefinitionProblem[];
  compared: Compared[];
  /** Schedules that came from code and are in none of the files. */
  left: CodeRow[];
  serialOf: (uuid: string) => string;
}

const keyOf = (jobId: number, name: string): string => `${jobId} ${name}`;

const targetNames = async (db: ServiceDeps['db'], rows: readonly CodeRow[], resolved: readonly ResolvedDefinition[]) => {
  const serials = await readTargetSerials(db, rows);
  for (const { input, definition } of resolved)
    // Both are in the same order, as long as no serial is given twice; then the row tells it.
    if (new Set(input.targets).size === definition.target_uuids?.length)
      for (const [at, uuid] of definition.target_uuids.entries()) serials.set(uuid, [...new Set(input.targets)][at] ?? uuid);
  return (uuid: string): string => serials.get(uuid) ?? uuid;
};

/** Holds a set of definitions against what there is, in a few statements. */
export const compareSet = async (deps: ServiceDeps, definitions: ScheduleCode['definitions']): Promise<ComparedSet> => {
  const { db, keyRing } = deps;
  const { problems, resolved } = await resolveSet(deps, definitions);
  const rows = await readCodeRows(
    db,
    resolved.map(({ job, input }) => ({ jobId: job.id, name: input.name })),
  );
  const byKey = new Map(rows.map((row) => [keyOf(row.job_id, row.name), row]));
  const serialOf = await targetNames(db, rows, resolved);
  const compared: Compared[] = [];
  const found = new Set<number>();
  for (const [at, one] of resolved.entries()) {
    if (at % IN_ONE_GO === IN_ONE_GO - 1) await otherWork();
    const row = byKey.get(keyOf(one.job.id, one.input.name));
    if (row !== undefined) found.add(row.id);
    const result = compareWithRow({ keyRing, serialOf }, one, row);
    if ('fields' in result) for (const field of result.fields) problems.push({ definition: one.index, source: one.source, ...field });
    else compared.push({ ...result, resolved: one, row });
  }
  const left = rows.filter(({ id, definition_source: source }) => source === 'code' && !found.has(id));
  return { problems, compared, left, serialOf };
};

/** What a plan tells of it. */
export const changesOf = ({ compared, left }: ComparedSet, prune: boolean): ScheduleChange[] => [
  ...compared.map(({ change, differences, row, resolved: { source, job, input } }): ScheduleChange => ({
    change,
    source,
    schedule_serial: row?.schedule_serial ?? null,
    name: input.name,
    job_serial: job.job_serial,
    job_name: job.name,
    differences,
  })),
  ...left.map((row): ScheduleChange => ({
    change: prune ? 'delete' : 'left',
    source: null,
    schedule_serial: row.schedule_serial,
    name: row.name,
    job_serial: row.job_serial,
    job_name: row.job_name,
    differences: [],
  })),
];
