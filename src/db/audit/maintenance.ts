import type { Sequelize } from 'sequelize';
import { selectRow } from '../query.ts';
import { recordAudit } from '../record-audit.ts';
import type { NoteRemoved } from '../retention/apply-rule.ts';
import { isAsSigned, STORED_EVENT } from './signature.ts';
import type { StoredEvent } from './signature.ts';

const UPKEEP = { eventType: 'system_maintenance', actor: { type: 'system' } } as const;

/** Writes down that the schema was changed. @param applied names of migrations; of none there is nothing to tell. @param version of the OpsConductor that did it. */
export const noteMigrations = async (db: Sequelize, auditKey: Buffer, applied: readonly string[], version: string): Promise<void> => {
  if (applied.length === 0) return;
  const event = { ...UPKEEP, action: 'migrate_database', severity: 'medium', resourceType: 'schema_migrations' } as const;
  await recordAudit(db, auditKey, { ...event, resourceId: applied.at(-1), details: { applied: [...applied], version } });
};

/** Writes down what retention removed for good, rule by rule. */
export const noteRemovedRows =
  (db: Sequelize, auditKey: Buffer): NoteRemoved =>
  (rule, before, removed) =>
    recordAudit(db, auditKey, {
      ...UPKEEP,
      action: 'remove_old_rows',
      severity: 'low',
      resourceType: 'retention',
      resourceId: rule,
      details: { before: before.toISOString(), removed },
    });

/** What is told of a restore. */
export interface RestoreFacts {
  /** ISO 8601. */
  taken_at: string;
  app_version: string;
  rows: number;
  replaced: boolean;
}

/**
 * Writes into a restored audit trail that it was restored, if this is the key that its events are signed with: else the event would look forged.
 * @returns false: it is another key, and nothing was written.
 */
export const noteRestore = async (db: Sequelize, auditKey: Buffer, facts: RestoreFacts): Promise<boolean> => {
  const newest = await selectRow<StoredEvent>(db, `SELECT ${STORED_EVENT} FROM audit_events a ORDER BY a.id DESC LIMIT 1`);
  if (newest !== undefined && !isAsSigned(auditKey, newest)) return false;
  const event = { ...UPKEEP, action: 'restore_database', severity: 'critical', resourceType: 'database' } as const;
  await recordAudit(db, auditKey, { ...event, details: { ...facts } });
  return true;
};
