import { describe, expect, test } from 'vitest';
import { parseSnmpCommand, snmpCommandProblem } from '../../src/domain/snmp-command.ts';

describe('parseSnmpCommand', () => {
  test.each([
    ['get 1.3.6.1', { operation: 'get', oid: '1.3.6.1' }],
    ['  walk   .1.3.6.1.4294967295 \n', { operation: 'walk', oid: '1.3.6.1.4294967295' }],
    ['get 2.999', { operation: 'get', oid: '2.999' }],
    ['set 1.3.6 integer -2147483648', { operation: 'set', oid: '1.3.6', type: 'integer', value: '-2147483648' }],
    ['set 1.3.6 string two  words ', { operation: 'set', oid: '1.3.6', type: 'string', value: 'two  words' }],
    ['set 1.3.6 string " a\\n\\"b\\" "', { operation: 'set', oid: '1.3.6', type: 'string', value: ' a\n"b" ' }],
    ['set 1.3.6 string ""', { operation: 'set', oid: '1.3.6', type: 'string', value: '' }],
    ['set 1.3.6 oid 1.3.6.1', { operation: 'set', oid: '1.3.6', type: 'oid', value: '1.3.6.1' }],
    ['set 1.3.6 ip 10.0.0.255', { operation: 'set', oid: '1.3.6', type: 'ip', value: '10.0.0.255' }],
    ['set 1.3.6 counter 4294967295', { operation: 'set', oid: '1.3.6', type: 'counter', value: '4294967295' }],
    ['set 1.3.6 gauge 0', { operation: 'set', oid: '1.3.6', type: 'gauge', value: '0' }],
    ['set 1.3.6 timeticks 7', { operation: 'set', oid: '1.3.6', type: 'timeticks', value: '7' }],
  ])('%j is read', (text, operation) => {
    expect(parseSnmpCommand(text)).toEqual(operation);
  });

  test.each([
    ['', /the OID is missing/],
    ['get', /the OID is missing/],
    ['reboot 1.3.6', /cannot begin with "reboot"/],
    ['get sysDescr.0', /"sysDescr\.0" is not an OID/],
    ['get 1', /is not an OID/],
    ['get 3.1', /is not an OID/],
    ['get 1.40', /is not an OID/],
    ['get 1.3..6', /is not an OID/],
    ['get 1.3.4294967296', /is not an OID/],
    ['get 1.3.6 1.3.7', /nothing may follow the OID of a get/],
    ['get 1.3.6\nset 1.3.6 integer 1', /nothing may follow the OID of a get/],
    ['set 1.3.6', /the type is missing/],
    ['set 1.3.6 octets x', /the type is "octets"/],
    ['set 1.3.6 integer', /the value is missing/],
    ['set 1.3.6 integer 2147483648', /does not fit the type integer/],
    ['set 1.3.6 integer 1e3', /does not fit the type integer/],
    ['set 1.3.6 gauge -1', /does not fit the type gauge/],
    ['set 1.3.6 ip 10.0.0.256', /does not fit the type ip/],
    ['set 1.3.6 string "a" b', /not one text in double quotes/],
  ])('%j is refused', (text, message) => {
    expect(() => parseSnmpCommand(text)).toThrow(message);
    expect(snmpCommandProblem(text)).toMatch(message);
  });

  test('the value of a variable stays inside its word', () => {
    const render = (word: string): string => word.replaceAll('${EVIL}', '1.3.6 integer 1').replaceAll('${QUOTED}', '" x"');
    expect(parseSnmpCommand('set 1.3.6 string ${EVIL}', render)).toMatchObject({ value: '1.3.6 integer 1' });
    expect(parseSnmpCommand('set 1.3.6 string ${QUOTED}', render)).toMatchObject({ value: '" x"' });
    expect(() => parseSnmpCommand('get ${EVIL}', render)).toThrow(/is not an OID/);
  });

  test.each(['get ${OID}', 'get 1.3.6.${INDEX}', 'set ${OID} integer ${VALUE}', 'set 1.3.6 ip ${ADDRESS}', 'set 1.3.6 oid ${OID}'])(
    '%j has nothing wrong before its variables are known',
    (text) => {
      expect(snmpCommandProblem(text)).toBeUndefined();
    },
  );
});
