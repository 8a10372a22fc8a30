import type { Sequelize } from 'sequelize';
import { isSettingKey, Settings } from '../contracts/settings.ts';
import type { SettingKey } from '../contracts/settings.ts';
import { OpsError } from '../domain/ops-error.ts';
import { selectRow, selectRows } from './query.ts';

const CACHE_MS = 10_000;

type Warn = (message: string) => void;

/** Reads the runtime settings; values are at most ten seconds old. `forget`: those of this process have just been changed. */
export type ReadSettings = (() => Promise<Settings>) & { forget?: () => void };

const complaint = (key: string, value: unknown, why: string): string =>
  `The setting ${key} (table system_settings) is ${JSON.stringify(value)}, which is not allowed: ${why}.`;

const whyNot = (key: SettingKey, value: unknown): string | undefined =>
  Settings.shape[key]
    .safeParse(value)
    .error?.issues.map(({ message }) => message)
    .join('; ');

/**
 * Reads the settings, each value with its default where none is stored. One that is not allowed is left out too, so that it stops nothing else.
 * @param warn told of each stored value that is not allowed.
 */
export const createReadSettings = (db: Sequelize, warn: Warn = () => {}): ReadSettings => {
  let cached: { at: number; value: Promise<Settings> } | undefined;
  const read = async (): Promise<Settings> => {
    const rows = await selectRows<{ setting_key: string; setting_value: unknown }>(
      db,
      'SELECT setting_key, setting_value FROM system_settings',
    );
    const usable = rows.filter(({ setting_key: key, setting_value: value }) => {
      const why = isSettingKey(key) ? whyNot(key, value) : undefined;
      if (why !== undefined) warn(`${complaint(key, value, why)} The default is used until it is corrected.`);
      return why === undefined;
    });
    return Settings.parse(Object.fromEntries(usable.map((row) => [row.setting_key, row.setting_value])));
  };
  const readCached = (): Promise<Settings> => {
    if (cached && performance.now() - cached.at < CACHE_MS) return cached.value;
    const value = read();
    cached = { at: performance.now(), value };
    value.catch(() => {
      cached = undefined;
    });
    return value;
  };
  return Object.assign(readCached, {
    forget: () => {
      cached = undefined;
    },
  });
};

/** The settings that are numbers. */
export type NumberSetting = { [Key in SettingKey]: Settings[Key] extends number ? Key : never }[SettingKey];

/**
 * One setting as it is stored now, for work that cannot be undone: a value that is not allowed is never replaced by the default.
 * @throws OpsError VALIDATION when the stored value is not allowed.
 */
export const readSettingStrictly = async (db: Sequelize, key: NumberSetting): Promise<number> => {
  const row = await selectRow<{ setting_value: unknown }>(db, 'SELECT setting_value FROM system_settings WHERE setting_key = $1', [key]);
  const parsed = Settings.shape[key].safeParse(row?.setting_value);
  if (parsed.success) return parsed.data;
  const why = parsed.error.issues.map(({ message }) => message).join('; ');
  throw new OpsError('VALIDATION', `${complaint(key, row?.setting_value, why)} Nothing was removed by it. Correct the setting.`);
};
