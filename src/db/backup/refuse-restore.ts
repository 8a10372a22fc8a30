import type { Sequelize } from 'sequelize';
import { OpsError } from '../../domain/ops-error.ts';
import { readMigrations } from '../migrate.ts';
import { execute, selectRow, selectRows } from '../query.ts';
import { majorOf } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { readSchemaName } from './read-state.ts';

const UNCHANGED = 'Nothing was changed.';

/** @throws OpsError CONFLICT when this build cannot know the schema of the backup. @returns migrations that the restored database will lack. */
export const refuseForeignMigrations = async ({ migrations, app_version }: Manifest): Promise<string[]> => {
  const files = await readMigrations();
  for (const { name, checksum } of migrations) {
    const file = files.find((candidate) => candidate.name === name);
    if (file === undefined)
      throw new OpsError(
        'CONFLICT',
        `The backup has migration ${name}, which this version does not know: it was made by a newer OpsConductor (${app_version}). Upgrade this one first. ${UNCHANGED}`,
      );
    if (file.checksum !== checksum)
      throw new OpsError(
        'CONFLICT',
        `Migration ${name} of the backup has another text than that of this version: it was made by another build of OpsConductor (${app_version}). Restore it with that one. ${UNCHANGED}`,
      );
  }
  return files.map(({ name }) => name).filter((name) => !migrations.some((one) => one.name === name));
};

/** @throws OpsError CONFLICT when pg_restore of the server's version cannot read the dump, or the server cannot take what it says. */
export const refuseOlderServer = (manifest: Manifest, server: string): void => {
  const needed = Math.max(majorOf(manifest.server_version), majorOf(manifest.pg_dump_version));
  if (majorOf(server) >= needed) return;
  throw new OpsError(
    'CONFLICT',
    `The backup is of PostgreSQL ${manifest.server_version} (pg_dump ${manifest.pg_dump_version}) and this server is ${server}. Restore into a server of version ${needed} or later. ${UNCHANGED}`,
  );
};

/** @throws OpsError CONFLICT when a part of OpsConductor works on the database; the `db` commands wait for each other by locks. */
export const refuseSessions = async (db: Sequelize): Promise<void> => {
  const sessions = await selectRows<{ name: string; count: number }>(
    db,
    `SELECT application_name AS name, count(*)::int AS count FROM pg_stat_activity
     WHERE datname = current_database() AND application_name LIKE 'opsconductor%' AND application_name <> 'opsconductor-db' GROUP BY 1 ORDER BY 1`,
  );
  if (sessions.length === 0) return;
  const who = sessions.map(({ name, count }) => `${name} (${count})`).join(', ');
  throw new OpsError('CONFLICT', `OpsConductor works on this database: ${who}. Stop its servers and workers, then restore. ${UNCHANGED}`);
};

/** @throws OpsError CONFLICT when the schema that the dump names is not the one that this connection works in. */
const refuseOtherSchema = async (db: Sequelize, schema: string): Promise<void> => {
  const current = (await selectRow<{ name: string | null }>(db, 'SELECT current_schema() AS name'))?.name ?? 'none';
  if (current === schema) return;
  throw new OpsError(
    'CONFLICT',
    `The backup is of the schema ${schema}, and this connection works in ${current}. Make that schema, or correct the search_path of the user. ${UNCHANGED}`,
  );
};

/** @throws OpsError CONFLICT when there is something in the schema that may not be replaced. */
export const refuseFilled = async (db: Sequelize, schema: string, replace: boolean): Promise<void> => {
  await refuseOtherSchema(db, schema);
  const found = await selectRow<{ count: number; some: string }>(
    db,
    `SELECT count(*)::int AS count, string_agg(name, ', ') FILTER (WHERE number <= 3) AS some
     FROM (SELECT c.relname AS name, row_number() OVER (ORDER BY c.relname) AS number FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
         AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')) tables`,
    [schema],
  );
  if (found === undefined || found.count === 0) return;
  const what = `The database is not empty: the schema ${schema} has ${found.count} table(s), such as ${found.some}.`;
  if (!replace) throw new OpsError('CONFLICT', `${what} Restore into an empty database, or give --replace, which drops them. ${UNCHANGED}`);
  if ((await readSchemaName(db)) !== schema)
    throw new OpsError(
      'CONFLICT',
      `${what} They are not OpsConductor's, so --replace does not drop them. Use another database. ${UNCHANGED}`,
    );
};

/** Asked by trying: who may create it depends on the server. @throws OpsError CONFLICT when btree_gist is not there and cannot be created. */
export const refuseWithoutExtension = async (db: Sequelize): Promise<void> => {
  const tried = new Error('rolled back');
  await db
    .transaction(async (transaction) => {
      await execute(db, 'CREATE EXTENSION IF NOT EXISTS btree_gist', [], transaction);
      throw tried;
    })
    .catch((cause: unknown) => {
      if (cause === tried) return;
      const reason = cause instanceof Error ? cause.message : 'unknown reason';
      throw new OpsError(
        'CONFLICT',
        `The extension btree_gist cannot be created here (${reason}). Give the user CREATE on the database, or let an administrator run CREATE EXTENSION btree_gist; a server that lacks it needs the package postgresql-contrib. ${UNCHANGED}`,
        { cause },
      );
    });
};
