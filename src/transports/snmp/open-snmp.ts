import type { Endpoint, OidOperation } from '../../contracts/transport.ts';
import { Aborted, throwIfNotSent } from '../../domain/aborted.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { abortable } from '../abortable.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import type { OpenSession, OutputSink } from '../transport.ts';
import { connectSnmp } from './connect-snmp.ts';
import type { SnmpLink } from './connect-snmp.ts';
import { getOid, performOid } from './oid-operations.ts';
import { isLoggedIn, toOidError, toSnmpError } from './snmp-errors.ts';
import { valueText } from './value-text.ts';

/** sysDescr.0: what every agent says of its machine (RFC 3418). */
const SYSTEM_DESCRIPTION = '1.3.6.1.2.1.1.1.0';

const giveUp = ({ session }: SnmpLink): void => session.cancelRequests(new Error('given up'));

/** Asks for one value: only an answer tells that the community or the user is known. An agent that hides this value has answered too. */
const logIn = async (link: SnmpLink, signal: AbortSignal): Promise<void> => {
  try {
    await abortable(signal, () => giveUp(link), getOid(link, SYSTEM_DESCRIPTION));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const hasAnswered = isLoggedIn(error) || (error instanceof OpsError && error.code === 'OID_FAILED');
    if (!hasAnswered) throw toSnmpError(link.endpoint, error);
  }
};

/** A set goes out as soon as its turn has come; whether it arrived only its answer tells. */
const abortedOid = ({ operation, oid }: OidOperation, { reason }: AbortSignal): Aborted => {
  if (operation !== 'set') return new Aborted('ended', `The ${operation} only reads; it was given up.`, reason);
  const message = `The set of ${oid} was sent and not answered: the value may have been set. Read it before you set it again.`;
  return new Aborted('unknown', message, reason);
};

const perform = async (link: SnmpLink, operation: OidOperation, output: OutputSink, signal: AbortSignal): Promise<void> => {
  throwIfNotSent(signal);
  try {
    await abortable(signal, () => giveUp(link), performOid(link, operation, output, signal));
  } catch (error) {
    if (signal.aborted) throw abortedOid(operation, signal);
    throw toOidError(link.endpoint, operation.operation, operation.oid, error);
  }
};

const probe = async (link: SnmpLink, signal: AbortSignal): Promise<string> => {
  const unencrypted = isEncrypted(link) ? '' : ' What is read and set is not encrypted.';
  try {
    const answer = valueText(await abortable(signal, () => giveUp(link), getOid(link, SYSTEM_DESCRIPTION)));
    return `sysDescr: ${answer.slice(answer.indexOf(': ') + 2)}.${unencrypted}`;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    const meant = toOidError(link.endpoint, 'get', SYSTEM_DESCRIPTION, error);
    if (meant.code !== 'OID_FAILED') throw meant;
    return `It answers, but does not show its description (sysDescr.0).${unencrypted}`;
  }
};

const isEncrypted = ({ endpoint: { config }, version }: SnmpLink): boolean =>
  version === '3' && (config['security_level'] ?? 'authPriv') === 'authPriv';

const loginText = ({ host, port, secret }: Endpoint, version: string): string =>
  `${host}:${port} answers SNMP version ${version}${secret?.type === 'snmp_v3' ? ` to user ${secret.username}` : ' to this community'}`;

/** SNMP by net-snmp. There is no connection: opening asks for one value, so that a login that is wrong is told then. One request at a time. */
export const openSnmp: OpenSession = async (endpoint, signal) => {
  signal.throwIfAborted();
  const link = await connectSnmp(endpoint);
  let isOpen = true;
  const close = (): void => {
    if (isOpen) link.session.close();
    isOpen = false;
  };
  try {
    await logIn(link, signal);
  } catch (error) {
    close();
    throw error;
  }
  const inTurn = oneAtATime(`SNMP to ${endpoint.host} port ${endpoint.port}`);
  return {
    hostKeyFingerprint: undefined,
    login: loginText(endpoint, link.version),
    get isOpen() {
      return isOpen;
    },
    probe: (abort) => inTurn(abort, () => probe(link, abort)),
    oids: (operation, output, abort) => inTurn(abort, () => perform(link, operation, output, abort)),
    [Symbol.asyncDispose]: async () => close(),
  };
};
