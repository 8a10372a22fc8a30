import type { SshEndpoint } from './ssh-endpoint.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { ErrorCode } from '../../domain/ops-error.ts';

interface Meaning {
  code: ErrorCode;
  says: string;
}

const METHOD_NAMES = { password: 'password', ssh_key: 'SSH key' } as const;

const UNREACHABLE: Meaning = {
  code: 'HOST_UNREACHABLE',
  says: 'there is no route to this address. Check the address of the target and the network between.',
};
const NAME: Meaning = {
  code: 'NAME_NOT_FOUND',
  says: 'the name of the target has no address. Check its spelling and the name servers of this machine.',
};
const TIMED_OUT: Meaning = {
  code: 'CONNECTION_TIMED_OUT',
  says: 'nothing answered in time. Is the target up, and does a firewall drop the connection?',
};

const BY_SYSTEM_CODE: Readonly<Record<string, Meaning>> = {
  ENOTFOUND: NAME,
  EAI_AGAIN: NAME,
  ENODATA: NAME,
  ECONNREFUSED: {
    code: 'CONNECTION_REFUSED',
    says: 'the target is up but nothing listens on this port. Check the port and whether its SSH server runs.',
  },
  ETIMEDOUT: TIMED_OUT,
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  EHOSTDOWN: UNREACHABLE,
  EADDRNOTAVAIL: UNREACHABLE,
  ECONNRESET: {
    code: 'PROTOCOL_ERROR',
    says: 'the target cut the connection during the login. It may limit new connections, or bar this machine; see the log of its SSH server.',
  },
};

const PROTOCOL: Meaning = {
  code: 'PROTOCOL_ERROR',
  says: 'what answers does not speak SSH as it should. Is this the port of an SSH server?',
};

const rejected = ({ secret }: SshEndpoint): Meaning => ({
  code: 'LOGIN_REJECTED',
  says: `the target refused user ${secret.username} with the ${METHOD_NAMES[secret.type]} of this credential. Check the credential, and that the target allows this way to log in.`,
});

const textOf = (cause: unknown, key: 'code' | 'level' | 'message'): string => {
  const value: unknown = cause instanceof Error ? Reflect.get(cause, key) : undefined;
  return typeof value === 'string' ? value : '';
};

const meaningOf = (endpoint: SshEndpoint, cause: unknown): Meaning => {
  const level = textOf(cause, 'level');
  if (level === 'client-timeout') return TIMED_OUT;
  if (level === 'client-authentication' || /authentication failures/i.test(textOf(cause, 'message'))) return rejected(endpoint);
  return BY_SYSTEM_CODE[textOf(cause, 'code')] ?? PROTOCOL;
};

/** Says what an error of connecting or logging in means, with host, port, whose fault it is and what to do; an OpsError stays as it is. */
export const toSshError = (endpoint: SshEndpoint, cause: unknown): OpsError => {
  if (cause instanceof OpsError) return cause;
  const { code, says } = meaningOf(endpoint, cause);
  const detail = code === 'PROTOCOL_ERROR' ? ` (${textOf(cause, 'message') || 'no reason given'})` : '';
  return new OpsError(code, `SSH to ${endpoint.host} port ${endpoint.port}: ${says}${detail}`, { cause });
};
