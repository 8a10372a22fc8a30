import type { ChangeMaintenance, Maintenance } from '../../contracts/setting.ts';
import type { Settings } from '../../contracts/settings.ts';
import { selectRow } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { assertRevision } from '../revision.ts';
import type { Expected } from '../revision.ts';
import { afterChange } from './after-change.ts';
import { readSetting } from './read-settings.ts';
import { lockSetting, writeSetting } from './write-setting.ts';

const KEY = 'maintenance_mode';
const RETRY_AFTER_SECONDS = 60;

/** Whoever starts a run asks this first: a run that is accepted in spite of it only waits. @throws OpsError MAINTENANCE */
export const assertNoMaintenance = ({ maintenance_mode: isOn }: Pick<Settings, 'maintenance_mode'>): void => {
  if (!isOn) return;
  throw new OpsError(
    'MAINTENANCE',
    'OpsConductor is in maintenance: no run is started; those that run go on. Nothing was accepted. Start it again when an administrator has ended the maintenance (opsconductor maintenance off).',
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );
};

/** A setting counts its changes; what runs and waits is none of it. */
export const maintenanceRevision = ({ version }: Pick<Maintenance, 'version'>): string => String(version);

const stateOf = async ({ db }: Pick<ServiceDeps, 'db'>): Promise<Maintenance> => {
  const setting = await readSetting(db, KEY);
  const counts = await selectRow<Pick<Maintenance, 'running' | 'waiting'>>(
    db,
    `SELECT (SELECT count(*)::int FROM job_executions WHERE status = 'running') AS running,
       (SELECT count(*)::int FROM job_executions WHERE status = 'scheduled') AS waiting`,
  );
  return {
    enabled: setting.value === true,
    changed_by: setting.updated_by,
    changed_at: setting.updated_by === null ? null : setting.updated_at,
    version: setting.version,
    running: counts?.running ?? 0,
    waiting: counts?.waiting ?? 0,
  };
};

/** Is it on, since when, and what still runs or waits? @throws OpsError FORBIDDEN */
export const readMaintenance = async (deps: Pick<ServiceDeps, 'db'>, caller: Caller): Promise<Maintenance> => {
  authorize(caller, 'executions.read');
  return stateOf(deps);
};

/** Begins or ends the maintenance; at its end the runs that waited begin at once. What is so already stays so. @throws OpsError FORBIDDEN, REVISION_MISMATCH */
export const changeMaintenance = async (
  deps: ServiceDeps,
  caller: Caller,
  { enabled, note }: ChangeMaintenance,
  expected?: Expected,
): Promise<Maintenance> => {
  authorize(caller, 'settings.write');
  const action = enabled ? 'begin_maintenance' : 'end_maintenance';
  await deps.db.transaction(async (transaction) => {
    const before = await lockSetting(deps, KEY, transaction);
    assertRevision(expected, maintenanceRevision(before), 'The maintenance');
    await writeSetting(deps, caller, { key: KEY, value: enabled, path: 'enabled', action, note }, before, transaction);
  });
  await afterChange(deps, [KEY]);
  return stateOf(deps);
};
