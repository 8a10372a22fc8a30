import { lookup } from 'node:dns/promises';
import snmp from 'net-snmp';
import type { Session as SnmpSession, User, Varbind } from 'net-snmp';
import { METHOD_CONFIGS } from '../../contracts/methods/index.ts';
import type { MethodConfig } from '../../contracts/methods/index.ts';
import type { Endpoint } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { installDes } from './des-privacy.ts';
import { toSnmpError } from './snmp-errors.ts';

const { AuthProtocols, PrivProtocols, SecurityLevel } = snmp;

const AUTH = {
  MD5: AuthProtocols.md5,
  SHA: AuthProtocols.sha,
  'SHA-224': AuthProtocols.sha224,
  'SHA-256': AuthProtocols.sha256,
  'SHA-384': AuthProtocols.sha384,
  'SHA-512': AuthProtocols.sha512,
} as const;
const PRIVACY = { DES: PrivProtocols.des, AES: PrivProtocols.aes } as const;

/** What one request needs: SNMP has no connection. */
export interface SnmpLink {
  readonly session: SnmpSession;
  readonly endpoint: Endpoint;
  readonly version: '1' | '2c' | '3';
}

const missing = ({ host, port }: Endpoint, what: string): OpsError =>
  new OpsError(
    'CREDENTIAL_MISSING',
    `SNMP to ${host} port ${port}: ${what}. Give the target such a credential, or change the method's options.`,
  );

const userOf = (endpoint: Endpoint, config: MethodConfig<'snmp'>): User => {
  const { secret } = endpoint;
  const { security_level: level } = config;
  if (secret?.type !== 'snmp_v3') throw missing(endpoint, 'version 3 needs a credential of type snmp_v3');
  const { username: name, auth_key: authKey, privacy_key: privKey } = secret;
  if (level === 'noAuthNoPriv') return { name, level: SecurityLevel.noAuthNoPriv };
  if (authKey === undefined) throw missing(endpoint, `security_level ${level} needs an auth_key, which the credential has not`);
  const auth = { name, authProtocol: AUTH[config.auth_protocol], authKey };
  if (config.privacy_protocol === 'DES') installDes();
  if (level === 'authNoPriv') return { ...auth, level: SecurityLevel.authNoPriv };
  if (privKey === undefined) throw missing(endpoint, `security_level ${level} needs a privacy_key, which the credential has not`);
  return { ...auth, level: SecurityLevel.authPriv, privProtocol: PRIVACY[config.privacy_protocol], privKey };
};

const communityOf = (endpoint: Endpoint, version: string): string => {
  if (endpoint.secret?.type === 'snmp_community') return endpoint.secret.community;
  throw missing(endpoint, `version ${version} needs a credential of type snmp_community`);
};

const addressOf = async (endpoint: Endpoint): Promise<{ address: string; family: number }> => {
  try {
    return await lookup(endpoint.host);
  } catch (error) {
    throw toSnmpError(endpoint, error);
  }
};

/**
 * Makes the socket; nothing is sent. A request is repeated `retries` times, all within the method's timeout.
 * @throws OpsError NAME_NOT_FOUND, CREDENTIAL_MISSING
 */
export const connectSnmp = async (endpoint: Endpoint): Promise<SnmpLink> => {
  const config = METHOD_CONFIGS.snmp.parse(endpoint.config);
  const { version, retries } = config;
  const login = version === '3' ? userOf(endpoint, config) : communityOf(endpoint, version);
  const { address, family } = await addressOf(endpoint);
  const options = {
    port: endpoint.port,
    retries,
    timeout: Math.ceil(endpoint.connectTimeoutMs / (retries + 1)),
    transport: family === 6 ? ('udp6' as const) : ('udp4' as const),
  };
  const session =
    typeof login === 'string'
      ? snmp.createSession(address, login, { ...options, version: version === '1' ? snmp.Version1 : snmp.Version2c })
      : snmp.createV3Session(address, login, options);
  // A packet that is not SNMP must not end the process; the request then times out.
  session.on('error', () => undefined);
  return { session, endpoint, version };
};

type Answer = (error: Error | null, varbinds?: (Varbind | Varbind[])[]) => void;

/** One request as a promise. */
export const request = (send: (answer: Answer) => void): Promise<Varbind[]> =>
  new Promise((resolve, reject) => {
    send((error, varbinds) => (error === null ? resolve((varbinds ?? []).flat()) : reject(error)));
  });
