import type { Sequelize, Transaction } from 'sequelize';
import { selectRows } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { FieldProblem } from '../../domain/ops-error.ts';

/** Which of these names are no calendar's. @param path of the list in the request, such as `settings.calendars` */
export const unknownCalendars = async (
  db: Sequelize,
  names: readonly string[] | undefined,
  path: string,
  transaction?: Transaction,
): Promise<FieldProblem[]> => {
  if (names === undefined || names.length === 0) return [];
  const rows = await selectRows<{ name: string }>(
    db,
    `SELECT lower(name) AS name FROM calendars WHERE lower(name) = ANY(SELECT lower(n) FROM unnest($1::text[]) AS n) ORDER BY id
     ${transaction === undefined ? '' : 'FOR SHARE'}`,
    [names],
    transaction,
  );
  const known = new Set(rows.map((row) => row.name));
  return names.flatMap((name, index) =>
    known.has(name.toLowerCase()) ? [] : [{ path: `${path}.${index}`, message: `there is no calendar ${JSON.stringify(name)}` }],
  );
};

/**
 * Refuses names of calendars that there are not. Those that there are cannot be deleted before the transaction has ended.
 * @param path of the list in the request. @throws OpsError VALIDATION
 */
export const assertCalendars = async (
  db: Sequelize,
  names: readonly string[] | undefined,
  path: string,
  transaction: Transaction,
): Promise<void> => {
  const fields = await unknownCalendars(db, names, path, transaction);
  const [first] = fields;
  if (first !== undefined)
    throw new OpsError('VALIDATION', `${first.path}: ${first.message}. Make it first, or leave the name out.`, { fields });
};
