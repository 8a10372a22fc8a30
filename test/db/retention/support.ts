import type { Sequelize } from 'sequelize';
import { execute, selectRow } from '../../../src/db/query.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** This many days ago, and so many minutes. */
export const ago = (days: number, minutes = 0): string => new Date(Date.now() - days * DAY_MS - minutes * MINUTE_MS).toISOString();

export const changeSetting = (db: Sequelize, key: string, value: unknown): Promise<void> =>
  execute(db, 'UPDATE system_settings SET setting_value = $2::jsonb WHERE setting_key = $1', [key, JSON.stringify(value)]);

/** @param rows a table, with a WHERE if need be. */
export const countRows = async (db: Sequelize, rows: string): Promise<number> =>
  (await selectRow<{ rows: number }>(db, `SELECT count(*) AS rows FROM ${rows}`))?.rows ?? 0;
