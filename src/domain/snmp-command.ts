import type { OidOperation } from '../contracts/transport.ts';
import { OpsError } from './ops-error.ts';

type ValueType = Extract<OidOperation, { operation: 'set' }>['type'];

const GRAMMAR = 'A command over SNMP is `get OID`, `walk OID` or `set OID TYPE VALUE`';
const VALUE_TYPES: readonly ValueType[] = ['integer', 'string', 'oid', 'ip', 'counter', 'gauge', 'timeticks'];
const LARGEST_32_BIT = 2 ** 32 - 1;

const wrong = (why: string): OpsError => new OpsError('VALIDATION', `${GRAMMAR}; ${why}.`);

const isWhole = (text: string, min: number, max: number): boolean =>
  /^-?\d{1,10}$/.test(text) && Number(text) >= min && Number(text) <= max;

/** The numbers of an OID are 32 bit wide; the first two share one byte (ITU-T X.690, 8.19). */
const isOid = (text: string): boolean => {
  const arcs = text.split('.');
  const [first = '', second = ''] = arcs;
  if (arcs.length < 2 || arcs.length > 128 || !arcs.every((arc) => isWhole(arc, 0, LARGEST_32_BIT))) return false;
  return isWhole(first, 0, 2) && (first === '2' || Number(second) < 40);
};

const isIp = (text: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255);

const isUnsigned = (text: string): boolean => isWhole(text, 0, LARGEST_32_BIT);

const IS_VALUE: Readonly<Record<ValueType, (text: string) => boolean>> = {
  integer: (text) => isWhole(text, -(2 ** 31), 2 ** 31 - 1),
  string: (text) => text.length <= 65_535,
  oid: isOid,
  ip: isIp,
  counter: isUnsigned,
  gauge: isUnsigned,
  timeticks: isUnsigned,
};

const isValueType = (text: string): text is ValueType => VALUE_TYPES.some((type) => type === text);

const oidOf = (text: string): string => {
  const oid = text.replace(/^\./, '');
  if (!isOid(oid)) throw wrong(`"${text}" is not an OID such as 1.3.6.1.2.1.1.1.0`);
  return oid;
};

/** A text in double quotes is read as JSON, so that a value can begin or end with a space, or hold a line break. */
const unquote = (text: string): string => {
  if (!text.startsWith('"')) return text;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'string') return value;
  } catch {
    // Said below.
  }
  throw wrong(`the value ${text} begins with a quote but is not one text in double quotes`);
};

const isOperation = (text: string): text is OidOperation['operation'] => text === 'get' || text === 'walk' || text === 'set';

const split = (text: string): readonly [string, string, string, string] => {
  const [, operation = '', oid = '', type = '', value = ''] = /^\s*(\S+)(?:\s+(\S+)(?:\s+(\S+)(?:\s+([^]*\S))?)?)?\s*$/.exec(text) ?? [];
  return [operation, oid, type, value];
};

/**
 * Reads `get OID`, `walk OID` or `set OID TYPE VALUE`.
 * @param render fills the variables of one word in: the text is taken apart before, so a value stays inside its word.
 * @throws OpsError VALIDATION saying what is wrong.
 */
export const parseSnmpCommand = (text: string, render: (word: string) => string = (word) => word): OidOperation => {
  const [operation, oidText, type, valueText] = split(text);
  if (operation !== '' && !isOperation(operation)) throw wrong(`it cannot begin with "${operation}"`);
  if (operation === '' || oidText === '') throw wrong('the OID is missing');
  const oid = oidOf(render(oidText));
  if (operation === 'get' || operation === 'walk') {
    if (type !== '') throw wrong(`nothing may follow the OID of a ${operation}`);
    return { operation, oid };
  }
  if (!isValueType(type)) throw wrong(`the type is ${type === '' ? 'missing' : `"${type}"`}; it is one of ${VALUE_TYPES.join(', ')}`);
  if (valueText === '') throw wrong('the value is missing (write "" for an empty text)');
  const value = render(unquote(valueText));
  if (!IS_VALUE[type](value)) throw wrong(`the value does not fit the type ${type}`);
  return { operation, oid, type, value };
};

/** What is wrong with a command as its author wrote it, or undefined; words with variables in them are checked when it runs. */
export const snmpCommandProblem = (text: string): string | undefined => {
  const [, , type] = split(text);
  const standIn = type === 'oid' ? '1.3' : type === 'ip' ? '0.0.0.0' : '0';
  const [, oidWord] = split(text);
  try {
    parseSnmpCommand(text, (word) => (word.includes('${') ? (word === oidWord ? '1.3' : standIn) : word));
    return undefined;
  } catch (error) {
    if (error instanceof OpsError) return error.message;
    throw error;
  }
};
