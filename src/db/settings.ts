import { QueryTypes } from 'sequelize';
import type { Sequelize } from 'sequelize';
import { Settings } from '../contracts/settings.ts';

const CACHE_MS = 10_000;

/** Reads the runtime settings; values are at most ten seconds old. */
export type ReadSettings = () => Promise<Settings>;

export const createReadSettings = (db: Sequelize): ReadSettings => {
  let cached: { at: number; value: Promise<Settings> } | undefined;
  const read = async (): Promise<Settings> => {
    const rows = await db.query<{ setting_key: string; setting_value: unknown }>('SELECT setting_key, setting_value FROM system_settings', {
      type: QueryTypes.SELECT,
    });
    return Settings.parse(Object.fromEntries(rows.map((row) => [row.setting_key, row.setting_value])));
  };
  return () => {
    if (cached && performance.now() - cached.at < CACHE_MS) return cached.value;
    const value = read();
    cached = { at: performance.now(), value };
    value.catch(() => {
      cached = undefined;
    });
    return value;
  };
};
