import type { Transaction } from 'sequelize';
import type { ImportRow } from '../../contracts/data-transfer.ts';
import { isSettingKey } from '../../contracts/settings.ts';
import { execute } from '../../db/query.ts';
import { withSavepoint } from '../../db/savepoint.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { withFreeNames } from '../users/create-user.ts';
import { afterChange } from '../settings/after-change.ts';
import type { DataKind, ImportContext, Other } from './kinds/kind.ts';
import { failed, resultOf } from './row-result.ts';
import type { RawRow } from './sheets/sheet.ts';

const REMOVED_AT_ONCE = 200;

/** Rows by their kind, in the order of kinds; and those of none. */
export interface SortedRows {
  kinds: { kind: DataKind; rows: RawRow[] }[];
  unknown: ImportRow[];
}

/** Runs one part of an import in a transaction: its own, or the one that is taken back in the end. */
type InTransaction = <T>(work: (transaction: Transaction) => Promise<T>) => Promise<T>;

/** Imports one after the other: two that bring the same name would else both make it. */
const LOCK = `SELECT pg_advisory_xact_lock(hashtext('opsconductor.import'))`;

function* partsOf<T>(all: readonly T[], size: number): Generator<T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}

const removeOne = async (context: ImportContext, kind: DataKind, other: Other, transaction: Transaction): Promise<ImportRow> => {
  const hasSerial = kind.type !== 'settings';
  const about = { row: null, type: kind.type, name: other.name, serial: hasSerial ? other.key : null };
  try {
    await withSavepoint(context.deps.db, transaction, () => withFreeNames(() => kind.remove(context, other, transaction)));
    return resultOf(about, 'removed');
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return failed(about, error);
  }
};

const NOT_REMOVED = new OpsError(
  'CONFLICT',
  'Nothing of this type was removed, because rows of it failed, or are of no known kind: what they name would be gone. Correct them, and import again.',
);

/** Tells this process of settings that were changed, once they are stored. */
const tellChanges = async (context: ImportContext): Promise<void> => {
  const { deps, changedSettings } = context;
  const keys = [...changedSettings].filter(isSettingKey);
  if (keys.length === 0) return;
  changedSettings.clear();
  await afterChange(deps, keys);
  context.settings = await deps.readSettings();
};

async function* importKind(
  context: ImportContext,
  { kind, rows, unreadable }: SortedRows['kinds'][number] & { unreadable: number },
  inTransaction: InTransaction,
  afterEach: () => Promise<void>,
): AsyncGenerator<ImportRow> {
  let failures = unreadable;
  for (const part of partsOf(rows, kind.rowsAtOnce)) {
    const results = await inTransaction((transaction) => kind.importRows(context, part, transaction));
    await afterEach();
    failures += results.filter(({ outcome }) => outcome === 'failed').length;
    yield* results;
  }
  if (context.mode !== 'replace') return;
  const others = await inTransaction((transaction) => kind.others(context, transaction));
  if (failures > 0 && others.length > 0) {
    yield failed({ row: null, type: kind.type, name: null }, NOT_REMOVED);
    return;
  }
  for (const part of partsOf(others, REMOVED_AT_ONCE)) {
    const results = await inTransaction(async (transaction) => {
      const removed: ImportRow[] = [];
      for (const other of part) removed.push(await removeOne(context, kind, other, transaction));
      return removed;
    });
    await afterEach();
    yield* results;
  }
}

async function* importAll(
  context: ImportContext,
  { kinds, unknown }: SortedRows,
  inTransaction: InTransaction,
  afterEach: () => Promise<void>,
): AsyncGenerator<ImportRow> {
  yield* unknown;
  // What others stand upon comes first, and goes last.
  for (const one of kinds) yield* importKind(context, { ...one, unreadable: unknown.length }, inTransaction, afterEach);
}

/** All in one transaction that is taken back. It ends before anything is told: a slow reader must not hold it open. */
const validate = async (context: ImportContext, sorted: SortedRows): Promise<ImportRow[]> => {
  const { db } = context.deps;
  const transaction = await db.transaction();
  try {
    await execute(db, LOCK, [], transaction);
    const results: ImportRow[] = [];
    const forgetChanges = async (): Promise<void> => context.changedSettings.clear();
    for await (const row of importAll(context, sorted, (work) => work(transaction), forgetChanges)) results.push(row);
    return results;
  } finally {
    await transaction.rollback();
  }
};

/** What becomes of all rows, kind by kind. @param validateOnly nothing of it stays */
export async function* importKinds(context: ImportContext, sorted: SortedRows, validateOnly: boolean): AsyncGenerator<ImportRow> {
  const { db } = context.deps;
  if (validateOnly) {
    yield* await validate(context, sorted);
    return;
  }
  const inTransaction: InTransaction = (work) =>
    db.transaction(async (transaction) => {
      await execute(db, LOCK, [], transaction);
      return work(transaction);
    });
  yield* importAll(context, sorted, inTransaction, () => tellChanges(context));
}
