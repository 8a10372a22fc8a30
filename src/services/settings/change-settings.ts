import type { ChangeSetting, ChangeSettings, Setting } from '../../contracts/setting.ts';
import { isSettingKey } from '../../contracts/settings.ts';
import type { SettingKey } from '../../contracts/settings.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { assertRevision } from '../revision.ts';
import type { Expected } from '../revision.ts';
import { afterChange } from './after-change.ts';
import { knownSetting, readSetting } from './read-settings.ts';
import { settingRevision, SETTING_KEYS } from './show-setting.ts';
import { lockSetting, writeSetting } from './write-setting.ts';
import type { SettingChange } from './write-setting.ts';

/** All changes or none, each audited. @returns the settings as this change leaves them, whatever comes behind it. Rows are locked by name, so that two who change several do not wait for each other for ever. */
const changeAll = async (deps: ServiceDeps, caller: Caller, changes: readonly SettingChange[], expected?: Expected): Promise<Setting[]> => {
  const ordered = changes.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const { keys: changed, settings } = await deps.db.transaction(async (transaction) => {
    const keys: SettingKey[] = [];
    for (const change of ordered) {
      const before = await lockSetting(deps, change.key, transaction);
      assertRevision(expected, settingRevision(before), `The setting ${change.key}`);
      if (await writeSetting(deps, caller, change, before, transaction)) keys.push(change.key);
    }
    const read = [];
    for (const { key } of changes) read.push(await readSetting(deps.db, key, transaction));
    return { keys, settings: read };
  });
  await afterChange(deps, changed);
  return settings;
};

const changeOne = async (deps: ServiceDeps, caller: Caller, change: SettingChange, expected: Expected | undefined): Promise<Setting> => {
  const [setting] = await changeAll(deps, caller, [change], expected);
  return setting ?? readSetting(deps.db, change.key);
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

/** Changes several settings: all of them or, when one is refused, none. @throws OpsError FORBIDDEN, VALIDATION */
export const changeSettings = async (deps: ServiceDeps, caller: Caller, { values, note }: ChangeSettings): Promise<Setting[]> => {
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
  );
};
