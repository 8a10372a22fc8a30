import snmp from 'net-snmp';
import type { Varbind } from 'net-snmp';
import type { OidOperation } from '../../contracts/transport.ts';
import type { OutputSink } from '../transport.ts';
import { request } from './connect-snmp.ts';
import type { SnmpLink } from './connect-snmp.ts';
import { oidFailed } from './snmp-errors.ts';
import { valueText } from './value-text.ts';

const { ErrorStatus, ObjectType } = snmp;

const SET_TYPES = {
  integer: ObjectType.Integer,
  string: ObjectType.OctetString,
  oid: ObjectType.OID,
  ip: ObjectType.IpAddress,
  counter: ObjectType.Counter,
  gauge: ObjectType.Gauge,
  timeticks: ObjectType.TimeTicks,
} as const;
const TEXT_TYPES: ReadonlySet<string> = new Set(['string', 'oid', 'ip']);

/** Values that one packet of a walk asks for: they fit into 1,500 bytes for most tables. */
const VALUES_A_PACKET = 20;

const write = async (output: OutputSink, varbinds: readonly Varbind[]): Promise<void> => {
  if (varbinds.length > 0) await output('stdout', Buffer.from(varbinds.map((varbind) => `${valueText(varbind)}\n`).join('')));
};

const ABSENT: Readonly<Record<number, string>> = {
  [ObjectType.NoSuchObject]: 'the agent has no such object, or the login may not see it (noSuchObject)',
  [ObjectType.NoSuchInstance]: 'the object has no such instance (noSuchInstance); a single value ends with .0',
  [ObjectType.EndOfMibView]: 'there is nothing beyond (endOfMibView)',
};

/** Reads one value. @throws OpsError OID_FAILED when there is none, or an error of net-snmp */
export const getOid = async ({ session, endpoint }: SnmpLink, oid: string): Promise<Varbind> => {
  const [varbind] = await request((answer) => session.get([oid], answer));
  const absent = varbind === undefined ? 'the answer is empty' : ABSENT[varbind.type ?? ObjectType.Null];
  if (varbind === undefined || absent !== undefined) throw oidFailed(endpoint, 'get', oid, absent ?? 'the answer is empty');
  return varbind;
};

const isNoSuchName = (error: unknown): boolean => error instanceof Error && Reflect.get(error, 'status') === ErrorStatus.NoSuchName;

/** What follows an OID. Version 1 tells the end by an error, and knows no bulk requests. */
const nextOf = async ({ session, version }: SnmpLink, oid: string): Promise<Varbind[]> => {
  if (version !== '1') return request((answer) => session.getBulk([oid], 0, VALUES_A_PACKET, answer));
  try {
    return await request((answer) => session.getNext([oid], answer));
  } catch (error) {
    if (isNoSuchName(error)) return [];
    throw error;
  }
};

const follows = (oid: string, before: string): boolean => {
  const [left, right] = [oid.split('.').map(Number), before.split('.').map(Number)];
  for (const [at, arc] of left.entries()) {
    const other = right[at];
    if (other === undefined || arc > other) return true;
    if (arc < other) return false;
  }
  return false;
};

const walk = async (link: SnmpLink, root: string, output: OutputSink, signal: AbortSignal): Promise<number> => {
  let count = 0;
  for (let last = root; ;) {
    signal.throwIfAborted();
    const inside: Varbind[] = [];
    const found = await nextOf(link, last);
    for (const varbind of found) {
      if (!varbind.oid.startsWith(`${root}.`) || varbind.type === ObjectType.EndOfMibView) break;
      if (!follows(varbind.oid, last)) throw oidFailed(link.endpoint, 'walk', root, `the agent runs in a circle after ${last}`);
      inside.push(varbind);
      last = varbind.oid;
    }
    await write(output, inside);
    count += inside.length;
    if (inside.length === 0 || inside.length < found.length) return count;
  }
};

type SetOperation = Extract<OidOperation, { operation: 'set' }>;

const setOid = ({ session }: SnmpLink, { oid, type, value }: SetOperation): Promise<Varbind[]> => {
  const varbind = { oid, type: SET_TYPES[type], value: TEXT_TYPES.has(type) ? value : Number(value) };
  return request((answer) => session.set([varbind], answer));
};

/** @throws OpsError OID_FAILED, or an error of net-snmp */
export const performOid = async (link: SnmpLink, operation: OidOperation, output: OutputSink, signal: AbortSignal): Promise<void> => {
  if (operation.operation === 'set') return write(output, await setOid(link, operation));
  const { oid } = operation;
  // A walk over an OID with nothing below it gives its own value.
  const isDone = operation.operation === 'walk' && (await walk(link, oid, output, signal)) > 0;
  if (!isDone) await write(output, [await getOid(link, oid)]);
};
