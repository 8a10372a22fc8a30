import type { Sequelize } from 'sequelize';
import { selectRow } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { keyColumn } from './target-key.ts';

/** Row id of a target, also of a deleted one. @param key serial or uuid. @throws OpsError NOT_FOUND */
export const targetId = async (db: Sequelize, key: string): Promise<number> => {
  const row = await selectRow<{ id: number }>(db, `SELECT id FROM universal_targets WHERE ${keyColumn(key)} = $1`, [key]);
  if (row === undefined) throw new OpsError('NOT_FOUND', `There is no target ${key}.`);
  return row.id;
};
