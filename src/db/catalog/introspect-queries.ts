/**
 * What is asked of the server's catalogs; each takes the name of the schema as $1. Definitions come as the server prints them while only that
 * schema is in the search path, so that the names of its objects are bare.
 */

const notOfAnExtension = (catalog: string, oid: string): string =>
  `NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalog}'::regclass AND d.objid = ${oid} AND d.deptype = 'e')`;

/** Partitions are data, whatever is on them is a copy of their parent's. */
const TABLES = `WITH t AS (SELECT c.oid, c.relname, c.relkind, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND ${notOfAnExtension('pg_class', 'c.oid')})`;

/** Where the migrations were run, even when a search path names an empty schema first. */
export const SCHEMA_QUERY = `SELECT coalesce(
  (SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass('schema_migrations')),
  current_schema()::text, 'public') AS schema`;

export const TABLES_QUERY = `${TABLES}
SELECT t.relname AS name, CASE WHEN t.relkind = 'p' THEN pg_get_partkeydef(t.oid) END AS "partitionBy",
  coalesce(p.partdefid <> 0, false) AS "hasDefaultPartition"
FROM t LEFT JOIN pg_partitioned_table p ON p.partrelid = t.oid`;

/** From Postgres 18 on a generated column may be a virtual one, whose value is not stored. */
export const COLUMNS_QUERY = `${TABLES}
SELECT t.relname AS "table", a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS "isNullable",
  CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END AS "default",
  CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) || CASE WHEN a.attgenerated = 'v' THEN ' VIRTUAL' ELSE '' END END AS generated,
  CASE a.attidentity WHEN 'd' THEN 'by default' WHEN 'a' THEN 'always' END AS identity
FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum`;

/** From Postgres 18 on NOT NULL is a constraint too (n); here it is part of the column. A constraint with a parent is a copy made for a partition. */
export const CONSTRAINTS_QUERY = `${TABLES}
SELECT t.relname AS "table", k.conname AS name,
  CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign key' WHEN 'c' THEN 'check' ELSE 'exclusion' END AS kind,
  pg_get_constraintdef(k.oid) AS definition
FROM t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype IN ('p', 'u', 'f', 'c', 'x') AND k.conparentid = 0`;

/** What precedes the method is known by heart: pg_get_indexdef names the schema always. */
export const INDEXES_QUERY = `${TABLES}
SELECT t.relname AS "table", c.relname AS name, i.indisunique AS "isUnique", i.indisvalid AS "isValid",
  substr(pg_get_indexdef(c.oid), 1 + length(format('CREATE %sINDEX %I ON %s%I.%I ', CASE WHEN i.indisunique THEN 'UNIQUE ' ELSE '' END,
    c.relname, CASE WHEN t.relkind = 'p' THEN 'ONLY ' ELSE '' END, t.nspname, t.relname))) AS definition
FROM t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class c ON c.oid = i.indexrelid
WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid AND k.conrelid = t.oid AND k.contype IN ('p', 'u', 'x'))`;

/** A row trigger of a partitioned table fires from its copies on the partitions: it is enabled when all of them are. */
export const TRIGGERS_QUERY = `${TABLES}
SELECT t.relname AS "table", g.tgname AS name, replace(pg_get_triggerdef(g.oid), format(' ON %I.%I ', t.nspname, t.relname), format(' ON %I ', t.relname)) AS definition,
  g.tgenabled IN ('O', 'A') AND NOT EXISTS (SELECT FROM pg_trigger copy WHERE copy.tgparentid = g.oid AND copy.tgenabled NOT IN ('O', 'A')) AS "isEnabled"
FROM t JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgparentid = 0`;

export const VIEWS_QUERY = `SELECT c.relname AS name, pg_get_viewdef(c.oid) AS definition FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind = 'v' AND ${notOfAnExtension('pg_class', 'c.oid')}`;

export const FUNCTIONS_QUERY = `SELECT format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)) AS name,
  coalesce(pg_get_function_result(p.oid), '') AS returns, l.lanname AS language, coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) AS body
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE n.nspname = $1 AND p.prokind IN ('f', 'p') AND ${notOfAnExtension('pg_proc', 'p.oid')}`;

/** plpgsql is in every database. */
export const EXTENSIONS_QUERY = `SELECT extname AS name FROM pg_extension WHERE extname <> 'plpgsql'`;
