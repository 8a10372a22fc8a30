import { OpsError } from '../domain/ops-error.ts';
import type { RunQuery } from './migrations/ledger.ts';

/** What the server says about itself, its database and our user. */
export interface ServerFacts {
  /** As server_version_num: 150004 is 15.4. */
  versionNumber: number;
  version: string;
  database: string;
  user: string;
  encoding: string;
  /** Where tables are made; null when nothing on the search path exists. */
  schema: string | null;
  isStandby: boolean;
  isReadOnly: boolean;
  mayCreateInSchema: boolean;
  mayCreateInDatabase: boolean;
  /** The extension btree_gist. */
  btreeGist: 'installed' | 'available' | 'missing';
}

const LEAST_VERSION = 15;

/** Asks the server; works on every version of Postgres. */
export const readServerFacts = async (query: RunQuery): Promise<ServerFacts> => {
  const [facts] = await query<ServerFacts>(
    `SELECT current_setting('server_version_num')::int AS "versionNumber", current_setting('server_version') AS version,
       current_database()::text AS database, current_user::text AS user, current_setting('server_encoding') AS encoding,
       current_schema()::text AS schema, pg_is_in_recovery() AS "isStandby", current_setting('transaction_read_only')::boolean AS "isReadOnly",
       coalesce(has_schema_privilege(current_schema()::text, 'CREATE'), false) AS "mayCreateInSchema",
       has_database_privilege(current_database(), 'CREATE') AS "mayCreateInDatabase",
       CASE WHEN EXISTS (SELECT FROM pg_extension WHERE extname = 'btree_gist') THEN 'installed'
         WHEN EXISTS (SELECT FROM pg_available_extensions WHERE name = 'btree_gist') THEN 'available' ELSE 'missing' END AS "btreeGist"`,
  );
  if (facts === undefined) throw new OpsError('INTERNAL', 'The database did not say what it is.');
  return facts;
};

/** Why this Postgres is too old for us; undefined when it is not. */
export const versionProblem = ({ versionNumber, version }: Pick<ServerFacts, 'versionNumber' | 'version'>): string | undefined =>
  Math.floor(versionNumber / 10_000) >= LEAST_VERSION
    ? undefined
    : `The server is PostgreSQL ${version}, and OpsConductor needs ${LEAST_VERSION} or later: upgrade it, or name another one in DATABASE_URL.`;

const rightsProblem = ({ database, user, schema, mayCreateInSchema, mayCreateInDatabase, btreeGist }: ServerFacts): string | undefined => {
  if (schema === null)
    return `No schema of the search path of the user "${user}" exists in the database "${database}": create one, or correct search_path.`;
  if (!mayCreateInSchema)
    return `The user "${user}" may not create tables in the schema "${schema}" of the database "${database}": let its owner run GRANT CREATE ON SCHEMA "${schema}" TO "${user}"`;
  if (btreeGist === 'missing')
    return 'The server lacks the extension btree_gist: install the contrib package of its PostgreSQL version (postgresql-contrib), then repeat.';
  if (btreeGist === 'available' && !mayCreateInDatabase)
    return `The user "${user}" may not create the extension btree_gist in the database "${database}": let its owner run there CREATE EXTENSION btree_gist`;
  return undefined;
};

/** Why this database cannot be migrated, in one sentence and what to do; undefined when it can. Nothing has been changed then. */
export const migrationObstacle = (facts: ServerFacts): string | undefined => {
  const { database, encoding, isStandby, isReadOnly } = facts;
  if (isStandby) return `The server is a standby, which is read-only: name the primary in DATABASE_URL.`;
  if (isReadOnly)
    return `The database "${database}" is read-only for this user (default_transaction_read_only is on): turn that off, or name a database that can be written.`;
  if (encoding !== 'UTF8')
    return `The database "${database}" is encoded in ${encoding}, and OpsConductor needs UTF8: make another one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`;
  return rightsProblem(facts);
};
