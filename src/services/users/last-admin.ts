import type { Sequelize, Transaction } from 'sequelize';
import { execute, selectRow } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';

/** Whether there is another active administrator. One transaction after the other: two that demote each other at once do not both succeed. */
export const isLastAdmin = async (db: Sequelize, userId: number, transaction: Transaction): Promise<boolean> => {
  await execute(db, `SELECT pg_advisory_xact_lock(hashtext('opsconductor.last-admin'))`, [], transaction);
  const other = await selectRow(
    db,
    `SELECT 1 AS one FROM users u WHERE u.role = 'admin' AND u.is_active AND u.username <> 'system' AND u.id <> $1 LIMIT 1`,
    [userId],
    transaction,
  );
  return other === undefined;
};

/** @throws OpsError CONFLICT when nobody would be left who may do everything. */
export const assertAnotherAdmin = async (
  db: Sequelize,
  { id, username }: { id: number; username: string },
  transaction: Transaction,
): Promise<void> => {
  if (await isLastAdmin(db, id, transaction))
    throw new OpsError(
      'CONFLICT',
      `${username} is the last active administrator: nobody would be left who could undo this. Make somebody else an administrator first.`,
    );
};
