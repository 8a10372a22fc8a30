import type { Sequelize, Transaction } from 'sequelize';
import { BULK_TARGETS_MAX } from '../../../contracts/target-bulk.ts';
import { selectRows } from '../../../db/query.ts';
import type { Bind } from '../../../db/query.ts';
import { selectorCondition } from '../../../db/selector-sql.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { parseSelector } from '../../../domain/selector.ts';
import { keyColumn } from '../target-key.ts';

/** A target as changes of several look at it. */
export interface BulkTarget {
  id: number;
  target_serial: string;
  target_uuid: string;
  name: string;
  environment: string;
  status: string;
  location: string | null;
  data_center: string | null;
  region: string | null;
  labels: Record<string, string>;
}

const COLUMNS = 't.id, t.target_serial, t.target_uuid, t.name, t.environment, t.status, t.location, t.data_center, t.region, t.labels';

interface Selection {
  targets?: string[] | undefined;
  selector?: string | undefined;
}

/** Names that are given, but no target has. @throws OpsError VALIDATION */
const refuseUnknown = (keys: readonly string[], rows: readonly BulkTarget[]): void => {
  const known = new Set(rows.flatMap((row) => [row.target_serial, row.target_uuid]));
  const fields = keys.flatMap((key, index) =>
    known.has(key) || known.has(key.toLowerCase()) ? [] : [{ path: `targets.${index}`, message: `there is no target ${key}` }],
  );
  if (fields.length > 0)
    throw new OpsError('VALIDATION', `${fields.length} of the targets that are named do not exist.`, { fields: fields.slice(0, 20) });
};

const refuseTooMany = (selector: string, rows: readonly BulkTarget[]): void => {
  if (rows.length === 0) throw new OpsError('NO_TARGETS', `The selector ${selector} fits no target.`);
  if (rows.length <= BULK_TARGETS_MAX) return;
  throw new OpsError('VALIDATION', `The selector fits more than ${BULK_TARGETS_MAX} targets, which is the most of one request.`, {
    fields: [{ path: 'selector', message: `fits more than ${BULK_TARGETS_MAX} targets; narrow it down, or name them in several requests` }],
  });
};

/** The order of ids, so that two changes of the same targets wait for each other, and do not stop each other. */
const find = (db: Sequelize, condition: string, bind: Bind, lock: Transaction | undefined): Promise<BulkTarget[]> =>
  selectRows<BulkTarget>(
    db,
    `SELECT ${COLUMNS} FROM universal_targets t WHERE t.is_active AND ${condition} ORDER BY t.id LIMIT ${BULK_TARGETS_MAX + 1}
     ${lock === undefined ? '' : 'FOR NO KEY UPDATE'}`,
    bind,
    lock,
  );

/**
 * The targets that a request names, or that its selector fits, each once.
 * @param lock their rows until this transaction ends. @throws OpsError VALIDATION, NO_TARGETS when the selector fits none
 */
export const resolveTargets = async (db: Sequelize, { targets = [], selector }: Selection, lock?: Transaction): Promise<BulkTarget[]> => {
  if (selector !== undefined) {
    const { sql, bind } = selectorCondition(parseSelector(selector), 't', 1);
    const rows = await find(db, sql, bind, lock);
    refuseTooMany(selector, rows);
    return rows;
  }
  const { target_serial: serials = [], target_uuid: uuids = [] } = Object.groupBy(targets, keyColumn);
  const rows = await find(db, '(t.target_serial = ANY($1::text[]) OR t.target_uuid = ANY($2::uuid[]))', [serials, uuids], lock);
  refuseUnknown(targets, rows);
  return rows;
};
