import type { CommunicationMethodType } from '../contracts/enums.ts';

/** What of a method decides how well it is protected. */
export interface ReachedMethod {
  method_type: CommunicationMethodType;
  port: number | null;
  /** As the schema of the method has checked it: with its defaults. */
  config: Readonly<Record<string, unknown>>;
  hasCredential: boolean;
}

type Judge = (method: ReachedMethod) => readonly (string | false)[];

const inTheClear = (option: string, { hasCredential }: ReachedMethod): string =>
  `${option}: nothing is encrypted; anyone in between can read and change what is sent${hasCredential ? ', the login too' : ''}`;
const anyCertificate = (option: string): string =>
  `${option}: any certificate is accepted; anyone in between can pose as the server, and read and change what is sent`;
const anyName = (option: string): string =>
  `${option}: the name in the certificate is not checked; any server that the same issuers have certified can pose as this one`;
const canBeTurnedOff = (option: string): string => `${option}: anyone in between can turn the encryption off`;

const judgeBySwitches: Judge = (method) => [
  method.config['ssl'] === true
    ? method.config['verify_certs'] === false && anyCertificate('verify_certs is off')
    : inTheClear('ssl is off', method),
];

const judgeSnmp: Judge = ({ config: { version, security_level: level, privacy_protocol: privacy } }) => {
  if (version !== '3') return [`version ${String(version)}: the community and all values go in the clear`];
  if (level === 'noAuthNoPriv') return ['security_level noAuthNoPriv: nobody proves who they are, and nothing is encrypted'];
  if (level === 'authNoPriv') return ['security_level authNoPriv: the values are not encrypted'];
  return [privacy === 'DES' && 'privacy_protocol DES: its encryption can be broken'];
};

/** Without a protocol the port says it. */
const WINRM_TLS_PORT = 5_986;

const judgeWinrm: Judge = (method) => {
  const { config, port } = method;
  const isTls = config['protocol'] === undefined ? port === WINRM_TLS_PORT : config['protocol'] === 'https';
  if (isTls) return [config['verify_ssl'] === false && anyCertificate('verify_ssl is off')];
  // Over http NTLM encrypts and signs every message by itself.
  return [config['transport'] === 'basic' && inTheClear('transport basic over http', method)];
};

const judgePostgresql: Judge = (method) => {
  const { ssl_mode: mode, ca_certificate: own } = method.config;
  const option = `ssl_mode ${String(mode)}`;
  if (mode === 'disable') return [inTheClear(option, method)];
  if (mode === 'allow' || mode === 'prefer') return [canBeTurnedOff(option), anyCertificate(option)];
  if (mode === 'verify-full') return [];
  return [mode === 'require' && own === undefined ? anyCertificate(option) : anyName(option)];
};

const judgeMysql: Judge = (method) => {
  const { ssl_mode: mode, ca_certificate: own } = method.config;
  const option = `ssl_mode ${String(mode)}`;
  if (mode === 'disabled') return [inTheClear(option, method)];
  if (mode === 'verify_identity') return [];
  return [mode === 'preferred' && canBeTurnedOff(option), own === undefined ? anyCertificate(option) : anyName(option)];
};

const JUDGES: Readonly<Record<CommunicationMethodType, Judge>> = {
  // The host key of the first contact is pinned.
  ssh: () => [],
  winrm: judgeWinrm,
  telnet: (method) => [inTheClear('Telnet', method)],
  snmp: judgeSnmp,
  rest_api: (method) => [
    method.config['protocol'] === 'https'
      ? method.config['verify_ssl'] === false && anyCertificate('verify_ssl is off')
      : inTheClear('protocol http', method),
  ],
  smtp: (method) => [
    method.config['encryption'] === 'none'
      ? inTheClear('encryption none', method)
      : method.config['verify_ssl'] === false && anyCertificate('verify_ssl is off'),
  ],
  mysql: judgeMysql,
  postgresql: judgePostgresql,
  mssql: (method) => [
    method.config['encrypt'] === 'no'
      ? inTheClear('encrypt no', method)
      : method.config['trust_server_certificate'] === 'yes' && anyCertificate('trust_server_certificate yes'),
  ],
  oracle: (method) => [method.config['protocol'] !== 'tcps' && inTheClear('protocol tcp', method)],
  sqlite: () => [],
  mongodb: judgeBySwitches,
  redis: judgeBySwitches,
  elasticsearch: judgeBySwitches,
};

/** What protects a method less than it could: each a short sentence, without a full stop, that names the option; none for a method with nothing off. */
export const methodWeaknesses = (method: ReachedMethod): string[] =>
  JUDGES[method.method_type](method).filter((weakness) => weakness !== false);

/** The weaknesses as the end of a message; empty for none. */
export const weaknessText = (weaknesses: readonly string[]): string =>
  weaknesses.length === 0 ? '' : ` Not protected: ${weaknesses.join('. And ')}.`;
