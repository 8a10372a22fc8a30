import type { MethodRow } from '../../db/method-endpoint.ts';
import type { AuditEvent } from '../../db/record-audit.ts';
import type { Caller } from '../context.ts';

/** The audit event of opening the credential of a method; none for a method without one. Written before it is opened: an access must not go unseen. */
export const credentialAccess = (
  caller: Caller,
  action: 'test_connection' | 'probe_plan',
  { credential_uuid: uuid, method_name: method }: Pick<MethodRow, 'credential_uuid' | 'method_name'>,
  details: Record<string, unknown>,
): AuditEvent[] =>
  uuid === null
    ? []
    : [
        {
          eventType: 'credential_accessed',
          action,
          actor: caller.actor,
          resourceType: 'target_credentials',
          resourceId: uuid,
          details: { ...details, method },
        },
      ];
