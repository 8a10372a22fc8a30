import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Setting } from '../../contracts/setting.ts';
import { isSettingKey, SETTINGS } from '../../contracts/settings.ts';
import type { SettingKey } from '../../contracts/settings.ts';
import { iso } from '../iso.ts';
import { revisionOf } from '../revision.ts';

/** What is stored of a setting; without a row it has its default and version 0. */
export interface SettingRow {
  key: string;
  stored: unknown;
  version: number;
  updated_by: string | null;
  updated_at: string | null;
}

/** What to select for a SettingRow, of the table `s`. */
export const SETTING_ROW = `s.setting_key AS key, s.setting_value AS stored, s.version, (SELECT username FROM users WHERE id = s.updated_by) AS updated_by,
${iso('s.updated_at')} AS updated_at`;

/** Every setting, by name. */
export const SETTING_KEYS: readonly SettingKey[] = Object.keys(SETTINGS).filter(isSettingKey).toSorted();

/** A setting counts its changes. */
export const settingRevision = ({ version }: Pick<SettingRow, 'version'>): string => String(version);

/** Of all settings, as they are listed. */
export const settingsRevision = (settings: readonly Pick<Setting, 'key' | 'version'>[]): string =>
  revisionOf(Object.fromEntries(settings.map(({ key, version }) => [key, version])));

/** The value of a setting without a row. */
export const defaultOf = (key: SettingKey): unknown => SETTINGS[key].schema.parse(undefined);

const schemaOf = (key: SettingKey): Record<string, unknown> => {
  const { $schema: _, default: __, ...schema } = z.toJSONSchema(SETTINGS[key].schema, { io: 'input' });
  return schema;
};

/** A setting as people see it. */
export const showSetting = (key: SettingKey, row: SettingRow | undefined): Setting => {
  const { schema, description, consumer } = SETTINGS[key];
  const initial = defaultOf(key);
  const parsed = schema.safeParse(row?.stored);
  const value: unknown = parsed.success ? parsed.data : initial;
  return {
    key,
    value,
    default: initial,
    is_default: isDeepStrictEqual(value, initial),
    problem: parsed.success ? null : parsed.error.issues.map(({ message }) => message).join('; '),
    stored: parsed.success ? null : (row?.stored ?? null),
    description,
    consumer,
    schema: schemaOf(key),
    version: row?.version ?? 0,
    updated_by: row?.updated_by ?? null,
    updated_at: row?.updated_at ?? null,
  } as Setting;
};
