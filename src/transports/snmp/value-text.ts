import snmp from 'net-snmp';
import type { Varbind } from 'net-snmp';

const { ObjectType } = snmp;

const TYPE_NAMES: Readonly<Record<number, string>> = {
  [ObjectType.Boolean]: 'boolean',
  [ObjectType.Integer]: 'integer',
  [ObjectType.BitString]: 'bits',
  [ObjectType.Null]: 'null',
  [ObjectType.OID]: 'oid',
  [ObjectType.IpAddress]: 'ip',
  [ObjectType.Counter]: 'counter',
  [ObjectType.Gauge]: 'gauge',
  [ObjectType.TimeTicks]: 'timeticks',
  [ObjectType.Opaque]: 'opaque',
  [ObjectType.Counter64]: 'counter64',
};

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const textOf = (bytes: Buffer): string | undefined => {
  try {
    const text = utf8.decode(bytes).replaceAll(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? character);
    return /\p{Cc}/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
};

const hexOf = (bytes: Buffer): string => bytes.toString('hex').replaceAll(/(..)(?=.)/g, '$1 ');

const bytesText = (bytes: Buffer): string => {
  const text = textOf(bytes);
  return text === undefined ? `hex: ${hexOf(bytes)}` : `string: ${text}`;
};

/** One line: `oid = type: value`. Text has its line breaks, tabs and backslashes as `\n`, `\r`, `\t`, `\\`; bytes that are no text are `hex`. */
export const valueText = ({ oid, type, value }: Varbind): string => {
  const name = TYPE_NAMES[type ?? ObjectType.Null] ?? `type ${String(type)}`;
  if (type === ObjectType.OctetString) return `${oid} = ${bytesText(Buffer.isBuffer(value) ? value : Buffer.from(String(value)))}`;
  if (type === ObjectType.Counter64 && Buffer.isBuffer(value)) return `${oid} = ${name}: ${BigInt(`0x0${value.toString('hex')}`)}`;
  if (Buffer.isBuffer(value)) return `${oid} = ${name}: ${hexOf(value)}`;
  return `${oid} = ${name}: ${value === null || value === undefined ? '' : String(value)}`;
};
