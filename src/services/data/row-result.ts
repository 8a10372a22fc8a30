import type { Transaction } from 'sequelize';
import type { z } from 'zod';
import type { DataType, ImportChange, ImportRow } from '../../contracts/data-transfer.ts';
import { schemaProblems } from '../../contracts/schema-problems.ts';
import { withSavepoint } from '../../db/savepoint.ts';
import type { Difference } from '../../domain/definition-diff.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ImportContext } from './kinds/kind.ts';
import type { RawRow } from './sheets/sheet.ts';

const PROBLEMS_SHOWN = 20;

/** What a row is about, as far as it is known. */
export interface RowName {
  row: number | null;
  type: DataType | null;
  name: string | null;
  serial?: string | null;
}

/** What became of a row. */
export const resultOf = (
  { row, type, name, serial = null }: RowName,
  outcome: ImportRow['outcome'],
  { changes = [], warnings = [], problem = null }: Partial<Pick<ImportRow, 'changes' | 'warnings' | 'problem'>> = {},
): ImportRow => ({ line: 'row', row, type, name, serial, outcome, changes, warnings, problem });

export const failed = (name: RowName, { code, message, fields }: OpsError): ImportRow =>
  resultOf(name, 'failed', { problem: { code, detail: message, errors: fields.slice(0, PROBLEMS_SHOWN) } });

/** An item by its schema. @throws OpsError VALIDATION */
export const parseItem = <Schema extends z.ZodType>(schema: Schema, item: unknown, what: string): z.infer<Schema> => {
  const parsed = schema.safeParse(item);
  if (parsed.success) return parsed.data;
  const fields = schemaProblems(parsed.error).slice(0, PROBLEMS_SHOWN);
  const [first] = fields;
  throw new OpsError(
    'VALIDATION',
    `This is no ${what}: ${first === undefined || first.path === '' ? 'it' : first.path}: ${first?.message}.`,
    { fields },
  );
};

/** The name of an item, for messages: it may be anything. */
export const nameIn = (item: RawRow['item'], field: 'name' | 'username' = 'name'): string | null => {
  const name = item[field];
  return typeof name === 'string' ? name.slice(0, 255).replaceAll('\u0000', '').toWellFormed() : null;
};

/**
 * Has a row become something: whole, or not at all. @param work what it becomes; its errors are those of the row
 */
export const importOne = async (
  { deps: { db } }: ImportContext,
  raw: RawRow,
  name: RowName,
  transaction: Transaction,
  work: () => Promise<ImportRow>,
): Promise<ImportRow> => {
  try {
    if (raw.problem !== undefined) throw raw.problem;
    return await withSavepoint(db, transaction, work);
  } catch (error) {
    if (!(error instanceof OpsError)) throw error;
    return failed(name, error);
  }
};

/** Differences of a definition as changes of a row. */
export const changesOf = (differences: readonly Difference[]): ImportChange[] =>
  differences.map(({ path, change, before, after }) => ({ path: change === 'moved' ? `${path}.place` : path, from: before, to: after }));
