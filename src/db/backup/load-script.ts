import pg from 'pg';

export const COMMIT = '\nCOMMIT;\n';

/** Everything of a schema but what belongs to an extension, and sequences of identity columns, which go with their table. The order does not matter: CASCADE takes along what hangs on it, IF EXISTS passes over that. */
const dropAll = (schema: string): string => `
DO $drop$
DECLARE item text;
BEGIN
  FOR item IN
    SELECT format('DROP %s IF EXISTS %I.%I CASCADE',
      CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
      n.nspname, c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ${pg.escapeLiteral(schema)} AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND NOT c.relispartition
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND (d.deptype = 'e' OR d.deptype = 'i' AND c.relkind = 'S'))
    UNION ALL
    SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = ${pg.escapeLiteral(schema)}
      AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  LOOP
    EXECUTE item;
  END LOOP;
END
$drop$;
`;

/**
 * What comes before the output of pg_restore; COMMIT comes after it, and only when all of it came. In one transaction, so that a restore that fails or is
 * killed changes nothing, and under the lock of the migrations, so that a server that starts meanwhile waits for it.
 */
export const loadPreamble = ({ schema, replace }: { schema: string; replace: boolean }): string => `
SET client_min_messages = warning;
BEGIN;
SET LOCAL lock_timeout = '30s';
SELECT pg_advisory_xact_lock(hashtext('opsconductor.migrate'));
${replace ? dropAll(schema) : ''}
CREATE EXTENSION IF NOT EXISTS btree_gist;
`;
