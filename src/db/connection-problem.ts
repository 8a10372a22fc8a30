import { OpsError } from '../domain/ops-error.ts';
import { isDatabaseAway } from './database-away.ts';

interface Place {
  /** `host:port`, or the folder of a socket. */
  server: string;
  database: string;
  user: string;
}

type Sentence = (place: Place, reason: string) => string;

const DEFAULT_PORT = 5432;

/** The parts of a URL that may be shown; undefined when its password may have spilled into them. */
const placeOf = (databaseUrl: string): Place | undefined => {
  const url = new URL(databaseUrl);
  if (`${url.pathname}${url.search}${url.hash}`.includes('@')) return undefined;
  const user = decodeURIComponent(url.username);
  const host = url.searchParams.get('host') ?? decodeURIComponent(url.hostname);
  const port = url.searchParams.get('port') ?? (url.port || DEFAULT_PORT);
  const server = host.startsWith('/') ? host : `${host || 'localhost'}:${port}`;
  return { server, database: decodeURIComponent(url.pathname.slice(1)) || user, user };
};

const notListening: Sentence = ({ server }) => `Nothing listens at ${server}: start the database, or correct DATABASE_URL.`;
const nameUnknown: Sentence = ({ server }) =>
  `The name of the database server in ${server} does not resolve: correct DATABASE_URL, or mend the resolver of this machine.`;
const noRoute: Sentence = ({ server }) =>
  `There is no route to the database at ${server}: correct DATABASE_URL, or the routing of this machine.`;
const noAnswer: Sentence = ({ server }) =>
  `The database at ${server} does not answer: is it running, and does the network let this machine through?`;
const lost: Sentence = ({ server }, reason) =>
  `The connection to the database at ${server} broke (${reason}): repeat it; the log of the server says why.`;
const notNow: Sentence = ({ server }, reason) => `The database at ${server} cannot do this now (${reason}): repeat it.`;
const badCertificate: Sentence = ({ server }, reason) =>
  `The certificate of the database at ${server} is not trusted (${reason}): name its authority with sslrootcert in DATABASE_URL.`;

/** SQLSTATE 28000 says several things. */
const notLetIn: Sentence = ({ server, user }, reason) => {
  if (/no pg_hba\.conf entry .*(no encryption|SSL off)/.test(reason))
    return `The database at ${server} refuses connections without TLS, or from this machine: add ?sslmode=verify-full to DATABASE_URL, or mend pg_hba.conf of the server.`;
  if (/role ".*" does not exist/.test(reason))
    return `The database at ${server} has no user "${user}": create it, or correct DATABASE_URL.`;
  return `The database at ${server} does not let the user "${user}" in (${reason}): correct DATABASE_URL, or pg_hba.conf of the server.`;
};

const lacksRight: Sentence = ({ server, database, user }, reason) =>
  reason.includes('CONNECT privilege')
    ? `The user "${user}" may not connect to the database "${database}" at ${server}: let its owner run GRANT CONNECT ON DATABASE "${database}" TO "${user}"`
    : `The user "${user}" lacks a right in the database "${database}" at ${server} (${reason}): let its owner grant it, or connect as the owner.`;

/** By SQLSTATE (five characters) or the code of Node.js. */
const BY_CODE: Readonly<Record<string, Sentence>> = {
  ECONNREFUSED: notListening,
  ENOENT: notListening,
  ENOTFOUND: nameUnknown,
  EAI_AGAIN: nameUnknown,
  EHOSTUNREACH: noRoute,
  ENETUNREACH: noRoute,
  ETIMEDOUT: noAnswer,
  ECONNRESET: lost,
  EPIPE: lost,
  DEPTH_ZERO_SELF_SIGNED_CERT: badCertificate,
  SELF_SIGNED_CERT_IN_CHAIN: badCertificate,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: badCertificate,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: badCertificate,
  CERT_HAS_EXPIRED: badCertificate,
  ERR_TLS_CERT_ALTNAME_INVALID: badCertificate,
  '25006': ({ server, database }) =>
    `The database "${database}" at ${server} is read-only (a standby, or default_transaction_read_only is on): name one that can be written.`,
  '28000': notLetIn,
  '28P01': ({ server, user }) => `The database at ${server} refuses the user "${user}" with this password: correct DATABASE_URL.`,
  '3D000': ({ server, database }) => `The server at ${server} has no database "${database}": create it, or correct DATABASE_URL.`,
  '42501': lacksRight,
  '53300': ({ server, user }, reason) =>
    `The database at ${server} has no connection left for the user "${user}" (${reason}): end some, or raise the limit.`,
  '57P01': lost,
};

/** What the driver says by itself, without a code. */
const BY_MESSAGE: readonly (readonly [RegExp, Sentence])[] = [
  [
    /does not support SSL connections/,
    ({ server }) => `The database at ${server} does not offer TLS, which DATABASE_URL asks for: turn it on there, or take sslmode out.`,
  ],
  [
    /client password must be/,
    ({ server, user }) => `The database at ${server} asks the user "${user}" for a password, and DATABASE_URL has none: add it.`,
  ],
  [/timeout expired|connection timeout|operation timeout/i, noAnswer],
  [/Connection terminated|connection ended/i, lost],
];

/** What the driver said, below what Sequelize made of it; of several addresses that were tried the first. */
const originalOf = (error: Error): Error => {
  if ('original' in error && error.original instanceof Error) return originalOf(error.original);
  return error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
};

const textOf = (error: Error, name: 'code' | 'detail'): string => {
  const value: unknown = Reflect.get(error, name);
  return typeof value === 'string' ? value : '';
};

const sentenceFor = (error: Error, original: Error): Sentence | undefined => {
  const code = textOf(original, 'code');
  const known = code === '' ? BY_MESSAGE.find(([pattern]) => pattern.test(original.message))?.[1] : BY_CODE[code];
  return known ?? (isDatabaseAway(error) ? notNow : undefined);
};

/**
 * Why a database cannot be used, from an error of the driver: one sentence and what to do, without the password of the URL.
 * Undefined when the error says nothing about the connection, the server or the user's rights.
 */
export const connectionProblem = (databaseUrl: string, error: unknown): OpsError | undefined => {
  if (!(error instanceof Error) || error instanceof OpsError) return undefined;
  const original = originalOf(error);
  const sentence = sentenceFor(error, original);
  if (sentence === undefined) return undefined;
  const place = placeOf(databaseUrl);
  const reason = [original.message, textOf(original, 'detail')].filter((text) => text !== '').join(', ');
  const message =
    place === undefined
      ? 'DATABASE_URL cannot be read: write / ? # @ and : in its password as %2F %3F %23 %40 and %3A.'
      : sentence(place, reason);
  return new OpsError('UNAVAILABLE', message, { cause: error });
};
