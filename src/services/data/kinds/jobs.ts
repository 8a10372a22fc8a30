import type { Transaction } from 'sequelize';
import type { ImportRow } from '../../../contracts/data-transfer.ts';
import { selectRows } from '../../../db/query.ts';
import { isDeepStrictEqual } from 'node:util';
import { insertJob } from '../../jobs/insert-job.ts';
import type { Kind } from '../../jobs/job-kind.ts';
import { prepareDefinition } from '../../jobs/prepare-definition.ts';
import { storeVariables } from '../../jobs/stored-variables.ts';
import { editJob } from '../../jobs/update-job.ts';
import { removeJob } from '../../jobs/write-job.ts';
import { claim, claimedIds, finderOf } from '../match.ts';
import type { Known } from '../match.ts';
import { changesOf, importOne, nameIn, resultOf } from '../row-result.ts';
import type { RawRow } from '../sheets/sheet.ts';
import { jobItems } from './export-jobs.ts';
import { readJobItem } from './job-item.ts';
import type { JobItem } from './job-item.ts';
import { listedSerials, resolveTargetNames } from './job-target-names.ts';
import type { DataKind, ImportContext, Other } from './kind.ts';

/** `is_deployed`: a deploy manages it, and nobody else changes it. */
type KnownJob = Known & { is_deployed: boolean };

const typeOf = (kind: Kind): 'jobs' | 'templates' => (kind === 'job' ? 'jobs' : 'templates');

const find = async ({ deps: { db } }: ImportContext, kind: Kind, { uuid, serial, name }: JobItem['head'], transaction: Transaction) => {
  const known = await selectRows<KnownJob>(
    db,
    `SELECT j.id, j.job_serial AS serial, j.job_uuid AS uuid, j.name, j.definition_source = 'code' AS is_deployed FROM jobs j WHERE j.deleted_at IS NULL AND j.is_template = $1
       AND (j.job_uuid = $2 OR j.job_serial = $3 OR j.name = $4) ORDER BY j.id FOR NO KEY UPDATE`,
    [kind === 'template', uuid ?? null, serial ?? null, name],
    transaction,
  );
  return finderOf(known)({ uuid, serial, name });
};

const warningsOf = ({ unsaid }: JobItem): string[] =>
  unsaid.map((key) => `The document has no value for the secret ${key}: give it one before the job runs.`);

const create = async (
  context: ImportContext,
  { kind, row, item }: { kind: Kind; row: number; item: JobItem },
  transaction: Transaction,
): Promise<ImportRow> => {
  const { deps, caller } = context;
  claim(context, typeOf(kind), `name:${item.head.name}`, row);
  const targets = item.targets === undefined ? {} : { targets: await resolveTargetNames(context, item.targets, transaction) };
  const prepared = prepareDefinition({ ...item.input, ...targets }, context.settings);
  const variablesFor = (jobUuid: string) => storeVariables(deps.keyRing, jobUuid, item.input.variables);
  const serial = await insertJob(deps, caller, { kind, prepared, variablesFor, action: `create_${kind}` }, transaction);
  const made = await find(context, kind, { ...item.head, uuid: undefined, serial }, transaction);
  claim(context, typeOf(kind), made?.id ?? 0, row);
  return resultOf({ row, type: typeOf(kind), name: item.head.name, serial }, 'created', { warnings: warningsOf(item) });
};

const update = async (
  context: ImportContext,
  { kind, row, item, known }: { kind: Kind; row: number; item: JobItem; known: Known },
  transaction: Transaction,
): Promise<ImportRow> => {
  const { deps, caller } = context;
  const listed = item.targets === undefined ? undefined : await listedSerials(deps.db, known.id, transaction);
  const wanted = item.targets === undefined ? undefined : await resolveTargetNames(context, item.targets, transaction);
  const isOtherList = wanted !== undefined && !isDeepStrictEqual(wanted, listed);
  const input = { ...item.input, ...(isOtherList && { targets: wanted }) };
  const prepared = prepareDefinition(input, context.settings);
  const differences = await editJob(deps, caller, { kind, serial: known.serial, prepared }, undefined, transaction);
  const changes = [...changesOf(differences), ...(isOtherList ? [{ path: 'targets', from: listed, to: wanted }] : [])];
  const about = { row, type: typeOf(kind), name: item.head.name, serial: known.serial };
  return changes.length === 0 ? resultOf(about, 'unchanged') : resultOf(about, 'updated', { changes });
};

const become = async (context: ImportContext, kind: Kind, raw: RawRow, transaction: Transaction): Promise<ImportRow> => {
  const item = readJobItem(kind, raw, context.open);
  const known = await find(context, kind, item.head, transaction);
  const { row } = raw;
  if (known === undefined) return create(context, { kind, row, item }, transaction);
  claim(context, typeOf(kind), known.id, row);
  const about = { row, type: typeOf(kind), name: known.name, serial: known.serial };
  if (context.mode === 'append') return resultOf(about, 'skipped');
  if (known.is_deployed)
    return resultOf(about, 'skipped', { warnings: ['A deploy manages it (definition_source code): it is changed where it is written.'] });
  return update(context, { kind, row, item, known }, transaction);
};

/** Jobs, or templates: the definition of their current version, and the list of targets. */
const kindOf = (kind: Kind): DataKind => ({
  type: typeOf(kind),
  kind,
  read: 'jobs.read',
  write: 'jobs.write',
  rowsAtOnce: 50,
  itemsOf: (deps, _, scope) => jobItems(deps, kind, scope),
  importRows: async (context, rows, transaction) => {
    const results: ImportRow[] = [];
    for (const raw of rows) {
      const name = { row: raw.row, type: typeOf(kind), name: nameIn(raw.item) };
      results.push(await importOne(context, raw, name, transaction, () => become(context, kind, raw, transaction)));
    }
    return results;
  },
  others: (context, transaction) =>
    selectRows<Other>(
      context.deps.db,
      `SELECT j.id, j.job_serial AS key, j.name FROM jobs j WHERE j.deleted_at IS NULL AND j.is_template = $1 AND j.definition_source <> 'code'
         AND j.id <> ALL($2::bigint[]) ORDER BY j.id`,
      [kind === 'template', claimedIds(context, typeOf(kind))],
      transaction,
    ),
  remove: async ({ deps, caller }, { key: serial }, transaction) => {
    await removeJob(deps, caller, { kind, serial }, undefined, transaction);
  },
});

export const JOBS = kindOf('job');
export const TEMPLATES = kindOf('template');
