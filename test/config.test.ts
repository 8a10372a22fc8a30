import { describe, expect, test } from 'vitest';
import { parseConfig } from '../src/config.ts';

const OIDC = {
  OPSCONDUCTOR_OIDC_ISSUER: 'https://login.example.org/realms/ops',
  OPSCONDUCTOR_OIDC_CLIENT_ID: 'opsconductor',
  OPSCONDUCTOR_OIDC_CLIENT_SECRET: 'the-secret-of-the-client',
  OPSCONDUCTOR_OIDC_ROLES: '{"ops-admins":"admin","*":"viewer"}',
  OPSCONDUCTOR_PUBLIC_URL: 'https://ops.example.org/conductor/',
};

/** What a wrong environment is told. */
const complaintOf = (environment: Record<string, string | undefined>): string => {
  try {
    parseConfig(environment);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
};

describe('the OIDC provider of the environment', () => {
  test('is read, with defaults', () => {
    expect(parseConfig(OIDC).oidc).toEqual({
      issuer: 'https://login.example.org/realms/ops',
      clientId: 'opsconductor',
      clientSecret: 'the-secret-of-the-client',
      scopes: 'openid email profile',
      groupsClaim: 'groups',
      roles: { 'ops-admins': 'admin', '*': 'viewer' },
      linksByEmail: false,
      publicUrl: 'https://ops.example.org/conductor',
    });
    expect(parseConfig({ OPSCONDUCTOR_PUBLIC_URL: 'https://ops.example.org' }).oidc).toBeUndefined();
    expect(parseConfig({ ...OIDC, OPSCONDUCTOR_OIDC_ISSUER: 'http://localhost:8080' }).oidc?.issuer).toBe('http://localhost:8080');
  });

  test.each([
    ['OPSCONDUCTOR_OIDC_ISSUER', 'http://login.example.org'],
    ['OPSCONDUCTOR_OIDC_ISSUER', 'https://ann:pw@login.example.org'],
    ['OPSCONDUCTOR_PUBLIC_URL', 'http://ops.example.org'],
    ['OPSCONDUCTOR_PUBLIC_URL', 'https://ops.example.org/?a=b'],
    ['OPSCONDUCTOR_OIDC_ROLES', 'ops=admin'],
    ['OPSCONDUCTOR_OIDC_ROLES', '{"ops":"root"}'],
    ['OPSCONDUCTOR_OIDC_ROLES', '{}'],
    ['OPSCONDUCTOR_OIDC_SCOPES', 'email profile'],
  ])('%s may not be %s', (name, value) => {
    const complaint = complaintOf({ ...OIDC, [name]: value });
    expect(complaint).toContain(name);
    expect(complaint).not.toContain('the-secret-of-the-client');
  });

  test.each(['OPSCONDUCTOR_OIDC_CLIENT_ID', 'OPSCONDUCTOR_OIDC_ROLES', 'OPSCONDUCTOR_PUBLIC_URL'])('is no provider without %s', (name) => {
    expect(complaintOf({ ...OIDC, [name]: undefined })).toContain(`${name}: is missing beside OPSCONDUCTOR_OIDC_ISSUER`);
  });

  test('is missing when only its client is named', () => {
    expect(complaintOf({ ...OIDC, OPSCONDUCTOR_OIDC_ISSUER: undefined })).toContain('OPSCONDUCTOR_OIDC_ISSUER: is missing');
  });
});
