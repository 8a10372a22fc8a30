import type { Transaction } from 'sequelize';
import type { ImportRow } from '../../../contracts/data-transfer.ts';
import { withSavepoint } from '../../../db/savepoint.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { insertTargets } from '../../targets/write-target.ts';
import type { NewTarget } from '../../targets/write-target.ts';
import { claim } from '../match.ts';
import { importOne, nameIn, resultOf } from '../row-result.ts';
import type { RowName } from '../row-result.ts';
import type { RawRow } from '../sheets/sheet.ts';
import type { ImportContext } from './kind.ts';
import { putCredentials } from './target-credentials.ts';
import type { GivenCredential } from './target-credentials.ts';
import type { TargetItem } from './target-item.ts';

/** A row whose target is not there. */
export interface Creation {
  raw: RawRow;
  item: TargetItem;
  target: NewTarget;
  credentials: GivenCredential[];
}

export const nameOf = ({ row, item }: RawRow): RowName => ({ row, type: 'targets', name: nameIn(item) });

/** What a target cannot do yet. */
export const warningsOf = ({ unsaid, fields }: TargetItem, hasCredential: (index: number, name: string) => boolean): string[] =>
  unsaid
    .filter(({ index, name }) => !hasCredential(index, name))
    .map(({ index, name }) => {
      const methods = (fields['methods'] ?? []) as { method_name?: string }[];
      return `The document has no secret for the credential ${name} of the method ${methods[index]?.method_name ?? index + 1}: add it, the target cannot be logged in to.`;
    });

/** Notes by which names other rows may call what this one has become. */
export const noteSerial = ({ targetSerials }: ImportContext, { head }: TargetItem, serial: string): void => {
  for (const name of [head.serial, head.uuid]) if (name !== undefined) targetSerials.set(name, serial);
};

const createAll = async (context: ImportContext, creations: readonly Creation[], transaction: Transaction): Promise<ImportRow[]> => {
  const { deps, caller } = context;
  const targets = creations.map(({ target }) => target);
  const made = await insertTargets(deps, caller, targets, transaction);
  const results: ImportRow[] = [];
  for (const [index, { raw, item, credentials }] of creations.entries()) {
    const { id, serial } = made[index] ?? { id: 0, serial: '' };
    await putCredentials(context, { id, serial }, credentials, transaction);
    const warnings = warningsOf(item, () => false);
    results.push(resultOf({ ...nameOf(raw), serial }, 'created', { warnings }));
  }
  // Not before all is written: what is taken back has become nothing.
  creations.forEach(({ raw, item }, index) => {
    claim(context, 'targets', made[index]?.id ?? 0, raw.row);
    noteSerial(context, item, made[index]?.serial ?? '');
  });
  return results;
};

/** All in a few statements; when one of them cannot be made, one after the other, to find out which. */
export const createTargets = async (
  context: ImportContext,
  creations: readonly Creation[],
  transaction: Transaction,
): Promise<ImportRow[]> => {
  if (creations.length === 0) return [];
  try {
    return await withSavepoint(context.deps.db, transaction, () => createAll(context, creations, transaction));
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
  }
  const results: ImportRow[] = [];
  for (const one of creations) {
    const work = async () => (await createAll(context, [one], transaction))[0] ?? resultOf(nameOf(one.raw), 'unchanged');
    results.push(await importOne(context, one.raw, nameOf(one.raw), transaction, work));
  }
  return results;
};
