import { describe, expect, test } from 'vitest';
import { CommunicationMethodType } from '../../src/contracts/enums.ts';
import { METHOD_CONFIGS } from '../../src/contracts/methods/index.ts';
import { methodWeaknesses, weaknessText } from '../../src/domain/method-weaknesses.ts';

const NEEDED: Partial<Record<CommunicationMethodType, object>> = { oracle: { service_name: 'x' }, sqlite: { database_path: '/x' } };
const CA = { ca_certificate: '-----BEGIN CERTIFICATE-----' };

const weaknessesOf = (type: CommunicationMethodType, options: object = {}, fields: { port?: number; hasCredential?: boolean } = {}) =>
  methodWeaknesses({
    method_type: type,
    port: null,
    hasCredential: true,
    config: { ...METHOD_CONFIGS[type].parse({ ...NEEDED[type], ...options }) },
    ...fields,
  });

const CLEAR = /nothing is encrypted.*the login too$/;
const ANY = /any certificate is accepted/;
const NAME = /name in the certificate is not checked/;
const OFF = /can turn the encryption off/;

describe('what protects a method less than it could', () => {
  test.each<[CommunicationMethodType, object, RegExp[], { port?: number }?]>([
    ['ssh', {}, []],
    ['winrm', {}, []],
    ['winrm', { protocol: 'https', verify_ssl: false }, [ANY]],
    ['winrm', { verify_ssl: false }, [ANY], { port: 5986 }],
    ['winrm', { transport: 'basic', allow_unencrypted: true }, [/^transport basic over http: nothing is encrypted/]],
    ['winrm', { transport: 'basic' }, [], { port: 5986 }],
    ['winrm', { transport: 'basic', protocol: 'http' }, [CLEAR], { port: 5986 }],
    ['telnet', {}, [CLEAR]],
    ['snmp', {}, [/^version 2c: the community and all values go in the clear$/]],
    ['snmp', { version: '1' }, [/^version 1: the community/]],
    ['snmp', { version: '3' }, []],
    ['snmp', { version: '3', security_level: 'noAuthNoPriv' }, [/nobody proves who they are/]],
    ['snmp', { version: '3', security_level: 'authNoPriv' }, [/values are not encrypted/]],
    ['snmp', { version: '3', privacy_protocol: 'DES' }, [/DES/]],
    ['rest_api', {}, [CLEAR]],
    ['rest_api', { protocol: 'https' }, []],
    ['rest_api', { protocol: 'https', verify_ssl: false }, [ANY]],
    ['smtp', {}, []],
    ['smtp', { encryption: 'none' }, [CLEAR]],
    ['smtp', { encryption: 'ssl', verify_ssl: false }, [ANY]],
    ['mysql', {}, []],
    ['mysql', { ssl_mode: 'disabled' }, [CLEAR]],
    ['mysql', { ssl_mode: 'preferred' }, [OFF, ANY]],
    ['mysql', { ssl_mode: 'preferred', ...CA }, [OFF, NAME]],
    ['mysql', { ssl_mode: 'required' }, [ANY]],
    ['mysql', { ssl_mode: 'required', ...CA }, [NAME]],
    ['postgresql', {}, []],
    ['postgresql', { ssl_mode: 'disable' }, [CLEAR]],
    ['postgresql', { ssl_mode: 'allow' }, [OFF, ANY]],
    ['postgresql', { ssl_mode: 'prefer', ...CA }, [OFF, ANY]],
    ['postgresql', { ssl_mode: 'require' }, [ANY]],
    ['postgresql', { ssl_mode: 'require', ...CA }, [NAME]],
    ['postgresql', { ssl_mode: 'verify-ca' }, [NAME]],
    ['mssql', {}, []],
    ['mssql', { encrypt: 'no' }, [CLEAR]],
    ['mssql', { trust_server_certificate: 'yes' }, [ANY]],
    ['oracle', {}, [CLEAR]],
    ['oracle', { protocol: 'tcps' }, []],
    ['sqlite', {}, []],
    ...(['mongodb', 'redis', 'elasticsearch'] as const).flatMap((type): [CommunicationMethodType, object, RegExp[]][] => [
      [type, {}, [CLEAR]],
      [type, { ssl: true }, []],
      [type, { ssl: true, verify_certs: false }, [ANY]],
    ]),
  ])('%s %j', (type, options, expected, fields) => {
    expect(weaknessesOf(type, options, fields)).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
  });

  test('a login is spoken of only where there is one', () => {
    expect(weaknessesOf('redis', {}, { hasCredential: false })).toEqual([expect.not.stringContaining('login')]);
  });

  test('all methods have a judgement', () => {
    for (const type of CommunicationMethodType.options) expect(weaknessesOf(type)).toBeInstanceOf(Array);
  });

  test('as the end of a message they are sentences', () => {
    expect(weaknessText([])).toBe('');
    expect(weaknessText(['a: b'])).toBe(' Not protected: a: b.');
  });
});
