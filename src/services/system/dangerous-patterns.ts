import type { ChangeDangerousPatterns, DangerousPatterns } from '../../contracts/dangerous-list.ts';
import type { Setting } from '../../contracts/setting.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { assertRevision } from '../revision.ts';
import type { Expected } from '../revision.ts';
import { afterChange } from '../settings/after-change.ts';
import { readSetting } from '../settings/read-settings.ts';
import { lockSetting, writeSetting } from '../settings/write-setting.ts';

const KEY = 'dangerous_command_patterns';

/** A setting counts its changes. */
export const dangerousPatternsRevision = ({ version }: Pick<DangerousPatterns, 'version'>): string => String(version);

const show = ({ value, is_default: isDefault, version, updated_by: by, updated_at: at }: Setting): DangerousPatterns => ({
  patterns: value as string[],
  is_default: isDefault,
  version,
  updated_by: by,
  updated_at: at,
});

/** The list of what is dangerous. @throws OpsError FORBIDDEN */
export const readDangerousPatterns = async ({ db }: ServiceDeps, caller: Caller): Promise<DangerousPatterns> => {
  authorize(caller, 'settings.write');
  return show(await readSetting(db, KEY));
};

/**
 * Replaces the list of what is dangerous; the audit keeps what it gained and lost. Jobs that are saved are not asked again.
 * @throws OpsError FORBIDDEN, VALIDATION, REVISION_MISMATCH; CONFLICT when somebody else has changed it meanwhile
 */
export const changeDangerousPatterns = async (
  deps: ServiceDeps,
  caller: Caller,
  { patterns, version, note }: ChangeDangerousPatterns,
  expected?: Expected,
): Promise<DangerousPatterns> => {
  authorize(caller, 'settings.write');
  const changed = await deps.db.transaction(async (transaction) => {
    const before = await lockSetting(deps, KEY, transaction);
    assertRevision(expected, dangerousPatternsRevision(before), 'The list');
    if (version !== undefined && version !== before.version)
      throw new OpsError('CONFLICT', `${before.updated_by ?? 'Somebody'} has changed the list meanwhile. Read it again.`);
    const change = { key: KEY, value: patterns ?? undefined, path: 'patterns', action: 'change_dangerous_patterns', note } as const;
    await writeSetting(deps, caller, change, before, transaction);
    return readSetting(deps.db, KEY, transaction);
  });
  await afterChange(deps, [KEY]);
  return show(changed);
};
