import type { MethodConfig } from './index.ts';

interface Credential {
  credential_type: string;
  auth_key?: string | undefined;
  privacy_key?: string | undefined;
}

const NEEDED_KEYS = { noAuthNoPriv: [], authNoPriv: ['auth_key'], authPriv: ['auth_key', 'privacy_key'] } as const;

/** What keeps this credential from logging in by the options of its method (RFC 3414: version 3 has users, the older ones communities). */
export const snmpCredentialProblem = (
  { version, security_level: level }: MethodConfig<'snmp'>,
  credential: Credential,
): { field: string; message: string } | undefined => {
  const needed = version === '3' ? 'snmp_v3' : 'snmp_community';
  if (credential.credential_type !== needed)
    return { field: 'credential_type', message: `SNMP version ${version} logs in with ${needed}; change it, or the version` };
  if (version !== '3') return undefined;
  const field = NEEDED_KEYS[level].find((key) => credential[key] === undefined);
  return field === undefined ? undefined : { field, message: `security_level ${level} needs it` };
};
