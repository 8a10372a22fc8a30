import type { Sequelize, Transaction } from 'sequelize';
import type { Setting } from '../../contracts/setting.ts';
import { isSettingKey } from '../../contracts/settings.ts';
import type { SettingKey } from '../../contracts/settings.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { SETTING_KEYS, SETTING_ROW, showSetting } from './show-setting.ts';
import type { SettingRow } from './show-setting.ts';

/** @throws OpsError NOT_FOUND for what is no setting of this version. */
export const knownSetting = (key: string): SettingKey => {
  if (isSettingKey(key)) return key;
  throw new OpsError('NOT_FOUND', `This version of OpsConductor has no setting ${key}. See: opsconductor settings list`);
};

/** All settings that something obeys, by name. @throws OpsError FORBIDDEN */
export const listSettings = async ({ db }: ServiceDeps, caller: Caller, transaction?: Transaction): Promise<Setting[]> => {
  authorize(caller, 'settings.write');
  const rows = await selectRows<SettingRow>(db, `SELECT ${SETTING_ROW} FROM system_settings s`, [], transaction);
  const rowOf = new Map(rows.map((row) => [row.key, row]));
  return SETTING_KEYS.map((key) => showSetting(key, rowOf.get(key)));
};

/** One setting as it is stored now. */
export const readSetting = async (db: Sequelize, key: SettingKey, transaction?: Transaction): Promise<Setting> =>
  showSetting(
    key,
    await selectRow<SettingRow>(db, `SELECT ${SETTING_ROW} FROM system_settings s WHERE s.setting_key = $1`, [key], transaction),
  );

/** @throws OpsError FORBIDDEN, NOT_FOUND */
export const getSetting = async ({ db }: ServiceDeps, caller: Caller, key: string): Promise<Setting> => {
  authorize(caller, 'settings.write');
  return readSetting(db, knownSetting(key));
};
