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
      refusesLoopback: false,
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

const edgeOf = (environment: Record<string, string>) => parseConfig(environment).edge;

test('without them no proxy is trusted and no page of another origin may call', () => {
  expect(edgeOf({})).toEqual({ trustedProxies: [], corsOrigins: [] });
  expect(edgeOf({ OPSCONDUCTOR_TRUSTED_PROXIES: '', OPSCONDUCTOR_CORS_ORIGINS: '' })).toEqual({ trustedProxies: [], corsOrigins: [] });
});

test('proxies are addresses and networks, origins are those that browsers send, separated by commas', () => {
  expect(
    edgeOf({
      OPSCONDUCTOR_TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.1,fd00::/8 ,::1',
      OPSCONDUCTOR_CORS_ORIGINS: 'https://ops.example.org, http://localhost:3000',
    }),
  ).toEqual({
    trustedProxies: ['10.0.0.0/8', '192.0.2.1', 'fd00::/8', '::1'],
    corsOrigins: ['https://ops.example.org', 'http://localhost:3000'],
  });
});

test.each(['proxy.example.org', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '*', 'fd00::/129', '10.0.0.0/-1'])(
  'OPSCONDUCTOR_TRUSTED_PROXIES=%s is refused by name',
  (value) => {
    expect(() => edgeOf({ OPSCONDUCTOR_TRUSTED_PROXIES: value })).toThrow(/OPSCONDUCTOR_TRUSTED_PROXIES: must be addresses or networks/);
  },
);

test.each([
  '*',
  'https://ops.example.org/',
  'ops.example.org',
  'https://*.example.org/x',
  'null',
  'https://OPS.example.org',
  'file:///tmp',
])('OPSCONDUCTOR_CORS_ORIGINS=%s is refused by name', (value) => {
  expect(() => edgeOf({ OPSCONDUCTOR_CORS_ORIGINS: value })).toThrow(/OPSCONDUCTOR_CORS_ORIGINS: must be origins/);
});
