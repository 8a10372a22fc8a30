import type { Transaction } from 'sequelize';
import type { ChangeSetting, ChangeSettings, Setting } from '../../contracts/setting.ts';
import { isSettingKey } from '../../contracts/settings.ts';
import type { SettingKey } from '../../contracts/settings.ts';
import { execute } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { assertRevision } from '../revision.ts';
import type { Expected } from '../revision.ts';
import { afterChange } from './after-change.ts';
import { knownSetting, listSettings, readSetting } from './read-settings.ts';
import { SETTING_KEYS, settingRevision, settingsRevision } from './show-setting.ts';
import { lockSetting, writeSetting } from './write-setting.ts';
import type { SettingChange } from './write-setting.ts';

const changeOne = async (deps: ServiceDeps, caller: Caller, change: SettingChange, expected: Expected): Promise<Setting> => {
  const { isChanged, setting } = await deps.db.transaction(async (transaction) => {
    const before = await lockSetting(deps, change.key, transaction);
    assertRevision(expected, settingRevision(before), `The setting ${change.key}`);
    const isWritten = await writeSetting(deps, caller, change, before, transaction);
    // As this change leaves it, whatever comes behind it.
    return { isChanged: isWritten, setting: await readSetting(deps.db, change.key, transaction) };
  });
  if (isChanged) await afterChange(deps, [change.key]);
  return setting;
};

/** @throws OpsError FORBIDDEN, NOT_FOUND, VALIDATION, REVISION_MISMATCH; nothing is changed then */
export const changeSetting = async (
  deps: ServiceDeps,
  caller: Caller,
  name: string,
  { value, note }: ChangeSetting,
  expected?: Expected,
): Promise<Setting> => {
  authorize(caller, 'settings.write');
  const key = knownSetting(name);
  return changeOne(deps, caller, { key, value, path: 'value', action: 'change_setting', note }, expected);
};

/** Gives a setting the value that this version of OpsConductor begins with. @throws OpsError FORBIDDEN, NOT_FOUND, REVISION_MISMATCH */
export const resetSetting = async (deps: ServiceDeps, caller: Caller, name: string, expected?: Expected): Promise<Setting> => {
  authorize(caller, 'settings.write');
  const key = knownSetting(name);
  return changeOne(deps, caller, { key, value: undefined, path: 'value', action: 'reset_setting' }, expected);
};

/** Nobody changes a setting, or makes the row of one, until the transaction ends; who only reads does not wait. */
const lockAll = ({ db }: ServiceDeps, transaction: Transaction): Promise<void> =>
  execute(db, 'LOCK TABLE system_settings IN EXCLUSIVE MODE', [], transaction);

interface ChangedSettings {
  /** Those that were named. */
  settings: Setting[];
  /** Of the whole list. */
  revision: string;
}

/** All changes or none, each audited. @returns what this change leaves, whatever comes behind it. Rows are locked by name, so that two who change several do not wait for each other for ever. */
const changeAll = async (
  deps: ServiceDeps,
  caller: Caller,
  changes: readonly SettingChange[],
  expected: Expected,
): Promise<ChangedSettings> => {
  const ordered = changes.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const changed: SettingKey[] = [];
  const all = await deps.db.transaction(async (transaction) => {
    if (expected !== undefined) {
      await lockAll(deps, transaction);
      assertRevision(expected, settingsRevision(await listSettings(deps, caller, transaction)), 'The list of settings');
    }
    for (const change of ordered) {
      const before = await lockSetting(deps, change.key, transaction);
      if (await writeSetting(deps, caller, change, before, transaction)) changed.push(change.key);
    }
    return listSettings(deps, caller, transaction);
  });
  await afterChange(deps, changed);
  const named = new Set<string>(changes.map(({ key }) => key));
  return { settings: all.filter(({ key }) => named.has(key)), revision: settingsRevision(all) };
};

/**
 * Changes several settings: all of them or, when one is refused, none.
 * @param expected of the whole list.
 * @throws OpsError FORBIDDEN, VALIDATION, REVISION_MISMATCH
 */
export const changeSettings = async (
  deps: ServiceDeps,
  caller: Caller,
  { values, note }: ChangeSettings,
  expected?: Expected,
): Promise<ChangedSettings> => {
  authorize(caller, 'settings.write');
  const unknown = Object.keys(values).filter((key) => !isSettingKey(key));
  if (unknown.length > 0)
    throw new OpsError('VALIDATION', `Nothing is changed: there is no setting ${unknown.join(', ')}. See: opsconductor settings list`, {
      fields: unknown.map((key) => ({ path: `values.${key}`, message: 'is no setting' })),
    });
  const keys = SETTING_KEYS.filter((key) => Object.hasOwn(values, key));
  return changeAll(
    deps,
    caller,
    keys.map((key) => ({ key, value: values[key], path: `values.${key}`, action: 'change_setting', note })),
    expected,
  );
};
