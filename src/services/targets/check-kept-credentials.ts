import { METHODS } from '../../contracts/capabilities.ts';
import { clientCertificateProblem } from '../../contracts/methods/client-certificate.ts';
import { METHOD_CONFIGS } from '../../contracts/methods/index.ts';
import { snmpCredentialProblem } from '../../contracts/methods/snmp-credential.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { FieldProblem } from '../../domain/ops-error.ts';
import type { Caller } from '../context.ts';
import type { MethodChange, MethodState } from './method-changes.ts';

/** Options that say by which certificates a server proves who it is. */
const TRUST = ['ca_certificate', 'server_name'] as const;

/** Why the stored credential, were it kept, would go somewhere else or travel less protected. */
const exposure = ({ before, after, keepsCredential, weakened }: MethodChange): string | undefined => {
  if (!keepsCredential || before === undefined || after === undefined) return undefined;
  if (before.type !== after.type) return `would be used for ${METHODS[after.type].label} instead of ${METHODS[before.type].label}`;
  if (before.host !== after.host || before.port !== after.port)
    return `would go to ${after.host ?? ''}:${after.port ?? ''} instead of ${before.host ?? ''}:${before.port ?? ''}`;
  const trust = TRUST.find((option) => after.config[option] !== undefined && after.config[option] !== before.config[option]);
  if (trust !== undefined) return `would go to whoever is vouched for by another ${trust}`;
  return weakened.length > 0 ? `would travel less protected (${weakened.join('; ')})` : undefined;
};

/** A stored secret must not be sent to another place by somebody who may not handle secrets. @throws OpsError FORBIDDEN */
export const authorizeExposure = (caller: Caller, changes: readonly MethodChange[]): void => {
  if (caller.permissions.has('credentials.write')) return;
  for (const change of changes) {
    const why = exposure(change);
    if (why === undefined) continue;
    throw new OpsError(
      'FORBIDDEN',
      `The stored credential of the method ${change.name} ${why}. ${caller.username} (${caller.role}) may change targets, but that needs the permission ` +
        'credentials.write too. Nothing was changed: let somebody who has it make this change, or give the method another method_name, which starts without a credential.',
    );
  }
};

const unfit = ({ type, config, credential_type: kept }: MethodState): string | undefined => {
  if (kept === null) return undefined;
  if (!METHODS[type].credentialTypes.includes(kept)) return `${METHODS[type].label} cannot log in with ${kept}`;
  const unshown = kept === 'client_certificate' ? clientCertificateProblem(type, config) : undefined;
  if (unshown !== undefined) return `${unshown.option} ${unshown.message}`;
  if (type !== 'snmp') return undefined;
  // Which keys it has is not known here; they are sealed.
  const problem = snmpCredentialProblem(METHOD_CONFIGS.snmp.parse(config), { credential_type: kept, auth_key: '-', privacy_key: '-' });
  return problem?.message;
};

/**
 * A kept credential must be one that the method, as it becomes, can log in with.
 * @param pathOf field of the request that says of the method at this place what it has for a credential. @throws OpsError VALIDATION
 */
export const checkKeptCredentials = (
  changes: readonly MethodChange[],
  pathOf: (index: number) => string = (index) => `methods.${index}.credential`,
): void => {
  const fields = changes.flatMap(({ after, keepsCredential }, index): FieldProblem[] => {
    const problem = keepsCredential && after !== undefined ? unfit(after) : undefined;
    return problem === undefined ? [] : [{ path: pathOf(index), message: `the stored one is kept, but ${problem}` }];
  });
  if (fields.length > 0)
    throw new OpsError('VALIDATION', 'A method would keep a credential that it cannot log in with. Give it one that fits.', { fields });
};
