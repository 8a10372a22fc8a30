import { QueryTypes } from 'sequelize';
import type { Sequelize, Transaction } from 'sequelize';
import { formatYearSerial } from '../domain/serials.ts';

const LETTER = { job: 'J', target: 'T' } as const;

/** The next serials of a kind, in order, inside the inserting transaction: a rollback gives the numbers back (data model, 5.3). */
export const nextSerials = async (db: Sequelize, scope: 'job' | 'target', count: number, transaction: Transaction): Promise<string[]> => {
  const year = new Date().getUTCFullYear();
  const [row] = await db.query<{ last_value: number }>(
    `INSERT INTO serial_counters (scope, year, last_value) VALUES ($1, $2, $3)
     ON CONFLICT (scope, year) DO UPDATE SET last_value = serial_counters.last_value + excluded.last_value RETURNING last_value`,
    { bind: [scope, year, count], type: QueryTypes.SELECT, transaction },
  );
  const last = row?.last_value ?? count;
  return Array.from({ length: count }, (_, index) => formatYearSerial(LETTER[scope], year, last - count + 1 + index));
};
