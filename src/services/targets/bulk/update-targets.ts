import { isDeepStrictEqual } from 'node:util';
import type { Transaction } from 'sequelize';
import type { UpdatedTargets, UpdateTargets } from '../../../contracts/target-bulk.ts';
import { execute } from '../../../db/query.ts';
import { recordAudits } from '../../../db/record-audit.ts';
import type { AuditEvent } from '../../../db/record-audit.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { authorize } from '../../context.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { resolveTargets } from './resolve-targets.ts';
import type { BulkTarget } from './resolve-targets.ts';

const MOST_LABELS = 64;

const COLUMNS = ['environment', 'status', 'location', 'data_center', 'region', 'labels'] as const;
type Changeable = Pick<BulkTarget, (typeof COLUMNS)[number]>;

interface Change {
  target: BulkTarget;
  after: Changeable;
  changed: Record<string, { from: unknown; to: unknown }>;
}

const labelsAfter = (
  { labels }: BulkTarget,
  { add_labels: added = {}, remove_labels: removed = [] }: UpdateTargets,
): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(labels).filter(([name]) => !removed.includes(name))),
  ...added,
});

const changeOf = (target: BulkTarget, input: UpdateTargets): Change => {
  const { environment, status, location, data_center, region } = target;
  const given = Object.fromEntries(Object.entries(input.set ?? {}).filter(([, value]) => value !== undefined));
  const after = { environment, status, location, data_center, region, ...given, labels: labelsAfter(target, input) };
  const changed = COLUMNS.filter((column) => !isDeepStrictEqual(target[column], after[column])).map(
    (column) => [column, { from: target[column], to: after[column] }] as const,
  );
  return { target, after, changed: Object.fromEntries(changed) };
};

const refuseTooManyLabels = (changes: readonly Change[]): void => {
  const full = changes.filter(({ after }) => Object.keys(after.labels).length > MOST_LABELS).map(({ target }) => target.target_serial);
  if (full.length === 0) return;
  const message = `${full.slice(0, 20).join(', ')} would have more than ${MOST_LABELS} labels`;
  throw new OpsError('VALIDATION', `${message}. No target was changed.`, { fields: [{ path: 'add_labels', message }] });
};

const write = (db: ServiceDeps['db'], changes: readonly Change[], transaction: Transaction): Promise<void> =>
  execute(
    db,
    `UPDATE universal_targets t SET environment = a.environment, status = a.status, location = a.location, data_center = a.data_center,
       region = a.region, labels = a.labels
     FROM jsonb_to_recordset($1::jsonb) AS a(id bigint, environment text, status text, location text, data_center text, region text, labels jsonb)
     WHERE t.id = a.id`,
    [JSON.stringify(changes.map(({ target, after }) => ({ ...after, id: target.id })))],
    transaction,
  );

const auditOf = (caller: Caller, total: number, changes: readonly Change[], { selector }: UpdateTargets): AuditEvent[] => {
  const common = { action: 'update_targets', actor: caller.actor, resourceType: 'universal_targets' } as const;
  const details = { targets: total, changed: changes.length, ...(selector !== undefined && { selector }) };
  return [
    { ...common, eventType: 'bulk_operation', details },
    ...changes.map(({ target, changed }): AuditEvent => ({
      ...common,
      eventType: 'target_updated',
      resourceId: target.target_serial,
      details: { changed },
    })),
  ];
};

/**
 * Changes several targets, all of them or none; those that are as they shall be are left alone.
 * @throws OpsError VALIDATION, NO_TARGETS when the selector fits none, FORBIDDEN
 */
export const updateTargets = async ({ db, keyRing }: ServiceDeps, caller: Caller, input: UpdateTargets): Promise<UpdatedTargets> => {
  authorize(caller, 'targets.write');
  return db.transaction(async (transaction) => {
    const targets = await resolveTargets(db, input, transaction);
    const changes = targets.map((target) => changeOf(target, input)).filter(({ changed }) => Object.keys(changed).length > 0);
    refuseTooManyLabels(changes);
    if (!input.dry_run) {
      if (changes.length > 0) await write(db, changes, transaction);
      await recordAudits(db, keyRing.auditKey, auditOf(caller, targets.length, changes, input), transaction);
    }
    return { total: targets.length, changed: changes.map(({ target }) => target.target_serial), dry_run: input.dry_run };
  });
};
