import type { Transaction } from 'sequelize';
import { SettingItem } from '../../../contracts/data-document.ts';
import type { ImportRow } from '../../../contracts/data-transfer.ts';
import { isSettingKey } from '../../../contracts/settings.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { canonicalJson } from '../../../domain/canonical-json.ts';
import { knownSetting, listSettings } from '../../settings/read-settings.ts';
import { SETTING_KEYS, showSetting } from '../../settings/show-setting.ts';
import { lockSetting, writeSetting } from '../../settings/write-setting.ts';
import type { SettingChange } from '../../settings/write-setting.ts';
import { claim } from '../match.ts';
import { importOne, nameIn, parseItem, resultOf } from '../row-result.ts';
import type { RawRow } from '../sheets/sheet.ts';
import type { DataKind, ImportContext } from './kind.ts';

const TYPE = 'settings';

async function* settingsOf(...[deps, caller]: Parameters<DataKind['itemsOf']>): AsyncGenerator<object[]> {
  const settings = await listSettings(deps, caller);
  yield settings.map(({ key, value }) => ({ kind: 'setting', name: key, value }));
}

/** @returns the value that it had; undefined when it is in force already */
const change = async (
  context: ImportContext,
  { key, value, path, action }: SettingChange,
  transaction: Transaction,
): Promise<{ from: unknown } | undefined> => {
  const { deps, caller, changedSettings } = context;
  const before = await lockSetting(deps, key, transaction);
  const shown = showSetting(key, before);
  // What is stored and not in force is replaced by what is in force, too, when it is asked for.
  if (shown.problem === null && canonicalJson(shown.value) === canonicalJson(value)) return undefined;
  if (!(await writeSetting(deps, caller, { key, value, path, action }, before, transaction))) return undefined;
  changedSettings.add(key);
  return { from: shown.value };
};

const become = async (context: ImportContext, { row, item }: RawRow, transaction: Transaction): Promise<ImportRow> => {
  const { name, value } = parseItem(SettingItem, item, 'setting');
  if (!('value' in item))
    throw new OpsError('VALIDATION', 'A setting needs a value.', { fields: [{ path: 'value', message: 'is missing' }] });
  const key = knownSetting(name);
  claim(context, TYPE, key, row);
  const about = { row, type: TYPE, name } as const;
  // Every setting is there.
  if (context.mode === 'append') return resultOf(about, 'skipped');
  const changed = await change(context, { key, value, path: 'value', action: 'change_setting' }, transaction);
  return changed === undefined
    ? resultOf(about, 'unchanged')
    : resultOf(about, 'updated', { changes: [{ path: 'value', from: changed.from, to: value }] });
};

/** Settings by name; each has a value in every installation, so none is ever made. */
export const SETTINGS_KIND: DataKind = {
  type: TYPE,
  kind: 'setting',
  read: 'settings.write',
  write: 'settings.write',
  rowsAtOnce: 200,
  itemsOf: settingsOf,
  importRows: async (context, rows, transaction) => {
    const results: ImportRow[] = [];
    for (const raw of rows) {
      const name = { row: raw.row, type: TYPE, name: nameIn(raw.item) } as const;
      results.push(await importOne(context, raw, name, transaction, () => become(context, raw, transaction)));
    }
    return results;
  },
  /** Those that have another value than that with which OpsConductor begins. */
  others: async ({ deps, caller, claims }, transaction) => {
    const settings = await listSettings(deps, caller, transaction);
    return settings
      .filter(({ key, is_default: isDefault }) => !isDefault && !claims.has(`${TYPE}/${key}`))
      .map(({ key }) => ({ id: SETTING_KEYS.findIndex((known) => known === key), key, name: key }));
  },
  remove: async (context, { key }, transaction) => {
    if (isSettingKey(key)) await change(context, { key, value: undefined, path: 'value', action: 'reset_setting' }, transaction);
  },
};
