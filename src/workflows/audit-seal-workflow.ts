import { upkeep } from './activities.ts';

/** Seals audit events that are ten minutes old; started every ten minutes by the schedule `sys/audit-seal`. */
export async function auditSealWorkflow() {
  return upkeep('settled events').sealAudit();
}
