import type { DatabaseFinding } from '../../contracts/database-health.ts';
import type { Bind } from '../query.ts';

/** Selects rows, in the transaction of the whole examination. */
export type Ask = <T extends object>(sql: string, bind?: Bind) => Promise<T[]>;

/** Looks at one side of the database and says what it has found; nothing is an empty list. */
export type Look = (ask: Ask) => Promise<DatabaseFinding[]>;

/** SQL: a relation (`c` of pg_class, `n` its pg_namespace) is ours to judge: no part of Postgres, of an extension or of a session. */
export const IS_OURS = `c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`;
