import type { Sequelize } from 'sequelize';
import { selectRows } from '../query.ts';
import { recordAudit } from '../record-audit.ts';
import type { NoteDrop } from '../retention/drop-partitions.ts';
import { isAsSigned, STORED_EVENT } from './signature.ts';
import type { StoredEvent } from './signature.ts';

const ACTION = 'drop_partition';

/** Writes the months that retention drops into the audit trail: so a month that is not there, and was not dropped, is known as removed by somebody. */
export const noteDroppedMonth =
  (db: Sequelize, auditKey: Buffer): NoteDrop =>
  ({ table, partition, until }, transaction) =>
    recordAudit(
      db,
      auditKey,
      {
        eventType: 'system_maintenance',
        action: ACTION,
        severity: 'low',
        actor: { type: 'system' },
        resourceType: table,
        resourceId: partition,
        details: { until },
      },
      transaction,
    );

/** Until when retention has dropped audit events, as signed events tell; the oldest go first, so all before is gone. Undefined: none yet. */
export const droppedUntil = async (db: Sequelize, auditKey: Buffer): Promise<string | undefined> => {
  const events = await selectRows<StoredEvent>(
    db,
    `SELECT ${STORED_EVENT} FROM audit_events a WHERE a.resource_type = 'audit_events' AND a.event_type = 'system_maintenance' AND a.action = $1`,
    [ACTION],
  );
  return events
    .filter((event) => isAsSigned(auditKey, event))
    .map(({ details }) => (details as { until: string }).until)
    .toSorted()
    .at(-1);
};
