import { METHODS } from '../../contracts/capabilities.ts';
import type { CommunicationMethodType } from '../../contracts/enums.ts';
import { methodOfScheme, SCHEME_NAMES } from '../../domain/connection-scheme.ts';
import { OpsError } from '../../domain/ops-error.ts';

/** What the path of a connection string names. */
const PATH_OPTION: Partial<Record<CommunicationMethodType, string>> = { oracle: 'service_name', sqlite: 'database_path' };
const WHOLE_NUMBER = /^\d{1,9}$/;
const NUMBERS: ReadonlySet<string> = new Set(['timeout', 'connection_pool_size']);

/** Where a connection string leads. */
export interface Connection {
  methodType: CommunicationMethodType;
  host: string;
  port: number;
  username: string;
  password: string;
  /** Options as the method's schema names them; not checked. */
  config: Record<string, unknown>;
}

const typed = (methodType: CommunicationMethodType, name: string, text: string): unknown => {
  if (text === 'true' || text === 'false') return text === 'true';
  const isNumber = NUMBERS.has(name) || (methodType === 'redis' && name === 'database');
  return isNumber && WHOLE_NUMBER.test(text) ? Number(text) : text;
};

const wrong = (why: string): OpsError =>
  new OpsError(
    'VALIDATION',
    `The connectionString ${why}. It has the form postgresql://user:\${PASSWORD}@host:port/database?option=value.`,
  );

const parseUrl = (text: string): URL => {
  const parsed = URL.parse(text);
  if (parsed === null) throw wrong('is no URL');
  return parsed;
};

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong('has a % that begins no encoded byte');
  }
};

/**
 * Reads `scheme://user:password@host:port/database?option=value`; user, password and path are percent-encoded, the options are those of the method.
 * @throws OpsError VALIDATION; no message holds a part of the text, as it has the password.
 */
export const parseConnectionString = (text: string): Connection => {
  const url = parseUrl(text);
  const methodType = methodOfScheme(url.protocol.slice(0, -1));
  if (methodType === undefined) throw wrong(`must begin with one of ${SCHEME_NAMES.join(', ')} and ://`);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const isFile = methodType === 'sqlite';
  if (isFile !== (host === '')) throw wrong(isFile ? 'for SQLite has the form sqlite:///path' : 'names no host');
  const path = decode(isFile ? url.pathname : url.pathname.slice(1));
  const named = path === '' ? [] : [[PATH_OPTION[methodType] ?? 'database', path] as const];
  return {
    methodType,
    host,
    port: url.port === '' ? (METHODS[methodType].defaultPort ?? 0) : Number(url.port),
    username: decode(url.username),
    password: decode(url.password),
    config: Object.fromEntries([...named, ...url.searchParams].map(([name, value]) => [name, typed(methodType, name, value)])),
  };
};
