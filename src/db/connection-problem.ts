import { OpsError } from '../domain/ops-error.ts';
import { isDatabaseAway } from './database-away.ts';

interface Place {
  /** `host:port`, or the folder of a socket. */
  server: string;
  database: string;
  user: string;
}

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

type Sentence = (place: Place, reason: string) => string;

const noAnswer: Sentence = ({ server }) =>
  `The database at ${server} does not answer. Is it running, and does the network let this machine through?`;
const lost: Sentence = ({ server }, reason) =>
  `The connection to the database at ${server} broke (${reason}). Repeat it; the log of the server knows why.`;
const certificate: Sentence = ({ server }, reason) =>
  `The certificate of the database at ${server} is not trusted (${reason}). Name its authority with sslrootcert in DATABASE_URL.`;

/** By SQLSTATE (five characters) or the code of Node.js. */
const BY_CODE: Readonly<Record<string, Sentence>> = {
  ECONNREFUSED: ({ server }) => `Nothing listens at ${server}. Start the database, or correct DATABASE_URL.`,
  ENOENT: ({ server }) => `Nothing listens at ${server}. Start the database, or correct DATABASE_URL.`,
  ENOTFOUND: ({ server }) =>
    `The name of the database server in ${server} does not resolve. Correct DATABASE_URL, or the resolver of this machine.`,
  EAI_AGAIN: ({ server }) =>
    `The name of the database server in ${server} does not resolve now. Mend the resolver of this machine, or correct DATABASE_URL.`,
  EHOSTUNREACH: ({ server }) => `There is no route to the database at ${server}. Correct DATABASE_URL, or the routing of this machine.`,
  ENETUNREACH: ({ server }) => `There is no route to the database at ${server}. Correct DATABASE_URL, or the routing of this machine.`,
  ETIMEDOUT: noAnswer,
  ECONNRESET: lost,
  EPIPE: lost,
  '28P01': ({ server, user }) => `The database at ${server} refuses the user "${user}" with this password. Correct DATABASE_URL.`,
  '28000': ({ server, user }, reason) =>
    `The database at ${server} does not let the user "${user}" in (${reason}). Correct DATABASE_URL, or pg_hba.conf of the server.`,
  '3D000': ({ server, database }) => `The server at ${server} has no database "${database}". Create it, or correct DATABASE_URL.`,
  '53300': ({ server, user }) =>
    `The database at ${server} has no connection left for the user "${user}". End some, or raise max_connections (or the limit of the user or database).`,
  '55000': ({ server, database }, reason) => `The database "${database}" at ${server} cannot be used now (${reason}).`,
  '57P03': ({ server }, reason) => `The database at ${server} takes no logins yet (${reason}). Repeat it in a moment.`,
  '57P01': lost,
  '25006': ({ server, database }) =>
    `The database "${database}" at ${server} is read-only: a standby, or default_transaction_read_only is on. Name one that can be written.`,
  '42501': ({ database, user }, reason) =>
    `The user "${user}" lacks a right in the database "${database}" (${reason}). Let its owner grant it, or use the owner.`,
};

/** Problems that the driver has no code for, or that one code mixes. */
const BY_MESSAGE: readonly (readonly [RegExp, Sentence])[] = [
  [
    /no pg_hba\.conf entry .*(no encryption|SSL off)/,
    ({ server }) => `The database at ${server} refuses connections without TLS. Add ?sslmode=require to DATABASE_URL.`,
  ],
  [
    /does not support SSL connections/,
    ({ server }) => `The database at ${server} does not offer TLS, which DATABASE_URL asks for. Turn it on there, or take sslmode out.`,
  ],
  [
    /role ".*" does not exist/,
    ({ server, user }) => `The database at ${server} has no user "${user}". Create it, or correct DATABASE_URL.`,
  ],
  [
    /permission denied for database/,
    ({ server, database, user }) =>
      `The user "${user}" may not connect to the database "${database}" at ${server}. Let its owner run: GRANT CONNECT ON DATABASE "${database}" TO "${user}"`,
  ],
  [
    /client password must be a string/,
    ({ server, user }) => `The database at ${server} asks the user "${user}" for a password, and DATABASE_URL has none. Add it.`,
  ],
  [/certificate|self.signed|altnames/i, certificate],
  [/timeout expired|connection timeout|operation timeout|timed out/i, noAnswer],
  [/Connection terminated|terminating connection/i, lost],
];

/** What the driver said, below what Sequelize made of it; of several addresses that were tried the first. */
const originalOf = (error: unknown): Error | undefined => {
  if (!(error instanceof Error)) return undefined;
  if ('original' in error && error.original instanceof Error) return originalOf(error.original);
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0];
  return error;
};

const sentenceFor = (original: Error): Sentence | undefined => {
  const code = 'code' in original && typeof original.code === 'string' ? original.code : '';
  return BY_MESSAGE.find(([pattern]) => pattern.test(original.message))?.[1] ?? BY_CODE[code];
};

/**
 * Why a database cannot be used, from an error of the driver: one sentence and what to do, without the password of the URL.
 * Undefined when the error says nothing about the connection, the server or the user's rights.
 */
export const connectionProblem = (databaseUrl: string, error: unknown): OpsError | undefined => {
  const original = originalOf(error);
  if (original === undefined || original instanceof OpsError) return undefined;
  const sentence = sentenceFor(original) ?? (isDatabaseAway(error) ? lost : undefined);
  if (sentence === undefined) return undefined;
  const place = placeOf(databaseUrl);
  const message =
    place === undefined
      ? 'DATABASE_URL cannot be read: write / ? # @ and : in its password as %2F %3F %23 %40 and %3A.'
      : sentence(place, original.message);
  return new OpsError('UNAVAILABLE', message, { cause: error });
};
