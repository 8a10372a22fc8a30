import type { SettingKey } from '../../contracts/settings.ts';
import { grantSlots } from '../../db/grant-slots.ts';
import type { ServiceDeps } from '../context.ts';

const SLOT_SETTINGS: readonly SettingKey[] = ['maintenance_mode', 'max_concurrent_jobs'];

/** Lets this process know the new values, and runs begin that they let: other processes know them within ten seconds. */
export const afterChange = async ({ db, readSettings, signalSlotGranted }: ServiceDeps, keys: readonly SettingKey[]): Promise<void> => {
  readSettings.forget?.();
  if (!keys.some((key) => SLOT_SETTINGS.includes(key))) return;
  const granted = await grantSlots(db, (await readSettings()).max_concurrent_jobs);
  // One that fails is told by the reconciler.
  await Promise.allSettled(granted.map((workflowId) => signalSlotGranted(workflowId)));
};
