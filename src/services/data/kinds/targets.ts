import type { Transaction } from 'sequelize';
import type { ImportRow } from '../../../contracts/data-transfer.ts';
import type { Target } from '../../../contracts/target.ts';
import { selectRow, selectRows } from '../../../db/query.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { withConstraints } from '../../constraint-errors.ts';
import { authorize } from '../../context.ts';
import { checkCredentials } from '../../targets/write-methods.ts';
import { readTargets } from '../../targets/read-targets.ts';
import { saveTarget } from '../../targets/update-target.ts';
import { prepareTarget, removeTarget, TARGET_ERRORS } from '../../targets/write-target.ts';
import { claim, claimedIds, finderOf } from '../match.ts';
import type { Known } from '../match.ts';
import { failed, importOne, resultOf } from '../row-result.ts';
import type { RawRow } from '../sheets/sheet.ts';
import { createTargets, nameOf, noteSerial, warningsOf } from './create-targets.ts';
import type { Creation } from './create-targets.ts';
import { compareTarget, givenCredentials } from './compare-target.ts';
import { targetItems } from './export-targets.ts';
import type { DataKind, ImportContext, Other } from './kind.ts';
import { putCredentials, storedCredentials } from './target-credentials.ts';
import type { StoredCredential } from './target-credentials.ts';
import { asChangeOfTarget, asNewTarget, readTargetItem } from './target-item.ts';
import type { TargetItem } from './target-item.ts';

const TYPE = 'targets';

/** What a batch knows of the targets that its rows may mean. */
interface Batch {
  find: ReturnType<typeof finderOf>;
  current: ReadonlyMap<number, Target>;
  stored: readonly StoredCredential[];
}

const textsOf = (rows: readonly RawRow[], field: string, pattern: RegExp): string[] =>
  rows.flatMap(({ item }) => {
    const value = item[field];
    return typeof value === 'string' && pattern.test(value) ? [value] : [];
  });

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const STORABLE = /^[^\0]{1,100}$/s;

/** Locks all targets that rows may mean, in the order of their ids: who changes one meanwhile does so before, or after. */
const lockKnown = async ({ deps: { db } }: ImportContext, rows: readonly RawRow[], transaction: Transaction): Promise<Batch> => {
  const known = await selectRows<Known>(
    db,
    `SELECT t.id, t.target_serial AS serial, t.target_uuid AS uuid, t.name FROM universal_targets t
     WHERE t.is_active AND (t.target_uuid = ANY($1::uuid[]) OR t.target_serial = ANY($2::text[]) OR t.name = ANY($3::text[]))
     ORDER BY t.id FOR NO KEY UPDATE`,
    [textsOf(rows, 'uuid', UUID), textsOf(rows, 'serial', STORABLE), textsOf(rows, 'name', STORABLE).filter((name) => name.isWellFormed())],
    transaction,
  );
  const ids = known.map(({ id }) => id);
  const current = ids.length === 0 ? [] : await readTargets(db, ids, transaction);
  const stored = ids.length === 0 ? [] : await storedCredentials(db, ids, transaction);
  return { find: finderOf(known), current: new Map(current.map((target) => [target.id, target])), stored };
};

const update = async (
  context: ImportContext,
  raw: RawRow,
  item: TargetItem,
  { id, serial, name }: Known,
  { current, stored }: Batch,
  transaction: Transaction,
): Promise<ImportRow> => {
  const { deps, caller, mode } = context;
  claim(context, TYPE, id, raw.row);
  noteSerial(context, item, serial);
  const about = { row: raw.row, type: TYPE, name, serial } as const;
  const target = current.get(id);
  if (mode === 'append' || target === undefined) return resultOf(about, 'skipped');
  const input = asChangeOfTarget(item);
  // Who may not write secrets shall not find out by comparing, either.
  checkCredentials(caller, input.methods ?? []);
  if (item.further.length > 0) authorize(caller, 'credentials.write');
  const own = stored.filter(({ target_id: owner }) => owner === id);
  const change = compareTarget(deps.keyRing, target, input, { further: item.further, stored: own });
  const names = (input.methods ?? []).map(({ method_name: method }) => method);
  const warnings = warningsOf(item, (index, credential) =>
    own.some((one) => one.method_name === names[index] && one.credential_name === credential),
  );
  if (change.changes.length === 0) return resultOf(about, 'unchanged', { warnings });
  const written = change.input;
  return importOne(context, raw, about, transaction, async () => {
    if (written !== undefined)
      await withConstraints(TARGET_ERRORS, () => saveTarget(deps, caller, serial, written, undefined, transaction));
    await putCredentials(context, { id, serial }, change.credentials, transaction);
    return resultOf({ ...about, name: input.name ?? name }, 'updated', { changes: change.changes, warnings });
  });
};

const plan = (context: ImportContext, raw: RawRow, { find }: Batch): { item: TargetItem; known: Known } | Creation => {
  if (raw.problem !== undefined) throw raw.problem;
  const item = readTargetItem(raw, context.open);
  const known = find(item.head);
  if (known !== undefined) return { item, known };
  const target = prepareTarget(context.caller, asNewTarget(item));
  if (item.further.length > 0) authorize(context.caller, 'credentials.write');
  claim(context, TYPE, `name:${item.head.name}`, raw.row);
  return { raw, item, target, credentials: givenCredentials(target.methods, item.further).others };
};

const importTargets: DataKind['importRows'] = async (context, rows, transaction) => {
  const batch = await lockKnown(context, rows, transaction);
  const results: ImportRow[] = [];
  const creations: Creation[] = [];
  for (const raw of rows) {
    try {
      const planned = plan(context, raw, batch);
      if ('target' in planned) creations.push(planned);
      else results.push(await update(context, raw, planned.item, planned.known, batch, transaction));
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      results.push(failed(nameOf(raw), error));
    }
  }
  results.push(...(await createTargets(context, creations, transaction)));
  return results.toSorted((a, b) => (a.row ?? 0) - (b.row ?? 0));
};

const RUNNING = `SELECT e.execution_serial AS run FROM job_execution_branches b JOIN job_executions e ON e.id = b.job_execution_id
  WHERE b.target_id = $1 AND b.status IN ('scheduled', 'running') LIMIT 1`;

/** Targets with their methods and, sealed, their credentials. */
export const TARGETS: DataKind = {
  type: TYPE,
  kind: 'target',
  read: 'targets.read',
  write: 'targets.write',
  rowsAtOnce: 250,
  itemsOf: targetItems,
  importRows: importTargets,
  others: (context, transaction) =>
    selectRows<Other>(
      context.deps.db,
      `SELECT t.id, t.target_serial AS key, t.name FROM universal_targets t WHERE t.is_active AND t.id <> ALL($1::bigint[]) ORDER BY t.id`,
      [claimedIds(context, TYPE)],
      transaction,
    ),
  remove: async ({ deps, caller }, { id, key }, transaction) => {
    await removeTarget(deps, caller, key, undefined, transaction);
    const running = await selectRow<{ run: string }>(deps.db, RUNNING, [id], transaction);
    if (running === undefined) return;
    throw new OpsError(
      'CONFLICT',
      `Target ${key} stays: the run ${running.run} works on it. Cancel the run, or wait for its end, and import again.`,
    );
  },
};
