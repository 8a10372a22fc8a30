import type { Sequelize, Transaction } from 'sequelize';
import { selectRows } from './query.ts';

/** Postgres channel on which is said whose rights have shrunk or ended; the payload is `user:<uuid>`, `session:<uuid>` or `token:<uuid>`. */
export const ACCESS_CHANNEL = 'opsconductor_access';

/** Says it when the transaction commits, so that whoever serves a stream looks again at once. */
export const notifyAccess = async (
  db: Sequelize,
  kind: 'user' | 'session' | 'token',
  uuid: string,
  transaction: Transaction,
): Promise<void> => {
  await selectRows(db, 'SELECT pg_notify($1, $2)', [ACCESS_CHANNEL, `${kind}:${uuid}`], transaction);
};
