import type { AuditVerificationLine, VerifyAudit } from '../../contracts/audit-verification.ts';
import { verifyAudit } from '../../db/audit/verify.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';

/**
 * Verifies what was written of a time, or all of it, and tells what it finds while it looks. That it was asked for, and what came of it, is audited.
 * @throws OpsError FORBIDDEN
 */
export const verifyAuditTrail = (
  { db, keyRing: { auditKey } }: ServiceDeps,
  caller: Caller,
  input: VerifyAudit,
): AsyncGenerator<AuditVerificationLine> => {
  authorize(caller, 'audit.read');
  return (async function* () {
    for await (const line of verifyAudit(db, auditKey, input)) {
      if (line.type === 'verdict') {
        const { intact, events, seals, findings } = line;
        await recordAudit(db, auditKey, {
          eventType: intact ? 'system_maintenance' : 'security_violation',
          action: 'verify_audit',
          severity: intact ? 'low' : 'critical',
          actor: caller.actor,
          resourceType: 'audit_events',
          details: { ...input, intact, events, seals, findings },
        });
      }
      yield line;
    }
  })();
};
