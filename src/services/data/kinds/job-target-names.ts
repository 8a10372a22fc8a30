import type { Sequelize, Transaction } from 'sequelize';
import { selectRows } from '../../../db/query.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import type { FieldProblem } from '../../../domain/ops-error.ts';
import type { ImportContext } from './kind.ts';

const SERIAL = /^T\d{8,19}$/;
const PROBLEMS_SHOWN = 20;

/** The list of a job as a document names it: a name that only one target has goes with it to other installations, a serial does not. */
export const targetNamesOf = async (db: Sequelize, jobId: number): Promise<string[]> => {
  const rows = await selectRows<{ serial: string; name: string; is_unique: boolean }>(
    db,
    `SELECT t.target_serial AS serial, t.name,
       NOT EXISTS (SELECT 1 FROM universal_targets o WHERE o.is_active AND o.name = t.name AND o.id <> t.id) AS is_unique
     FROM job_targets jt JOIN universal_targets t ON t.id = jt.target_id WHERE jt.job_id = $1 AND t.is_active ORDER BY jt.id`,
    [jobId],
  );
  return rows.map(({ serial, name, is_unique: isUnique }) => (isUnique && !SERIAL.test(name) ? name : serial));
};

/** The serials of the list of a job, in its order. */
export const listedSerials = async (db: Sequelize, jobId: number, transaction: Transaction): Promise<string[]> => {
  const rows = await selectRows<{ serial: string }>(
    db,
    `SELECT t.target_serial AS serial FROM job_targets jt JOIN universal_targets t ON t.id = jt.target_id WHERE jt.job_id = $1 AND t.is_active ORDER BY jt.id`,
    [jobId],
    transaction,
  );
  return rows.map(({ serial }) => serial);
};

/**
 * The serials here of targets that a job of a document names: by a serial or uuid that they have in the document, by a serial here, or by a name that only
 * one has.
 * @throws OpsError VALIDATION naming what is unknown or ambiguous
 */
export const resolveTargetNames = async (
  { deps: { db }, targetSerials }: ImportContext,
  names: readonly string[],
  transaction: Transaction,
): Promise<string[]> => {
  const rows = await selectRows<{ serial: string; name: string }>(
    db,
    `SELECT t.target_serial AS serial, t.name FROM universal_targets t
     WHERE t.is_active AND (t.target_serial = ANY($1::text[]) OR t.name = ANY($2::text[]))`,
    [names.filter((name) => SERIAL.test(name)), names],
    transaction,
  );
  const serials = new Set(rows.map(({ serial }) => serial));
  const byName = Map.groupBy(rows, ({ name }) => name);
  const fields: FieldProblem[] = [];
  const resolve = (name: string, index: number): string => {
    const inDocument = targetSerials.get(name);
    if (inDocument !== undefined) return inDocument;
    if (serials.has(name)) return name;
    const named = byName.get(name) ?? [];
    const [only] = named;
    if (only !== undefined && named.length === 1) return only.serial;
    const message = only === undefined ? `there is no target ${name}` : `${named.length} targets have the name ${name}: give the serial`;
    fields.push({ path: `targets.${index}`, message });
    return '';
  };
  const resolved = names.map(resolve);
  if (fields.length > 0)
    throw new OpsError('VALIDATION', `${fields[0]?.path}: ${fields[0]?.message}.`, { fields: fields.slice(0, PROBLEMS_SHOWN) });
  return [...new Set(resolved)];
};
