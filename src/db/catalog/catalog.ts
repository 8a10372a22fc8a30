/**
 * A schema as Postgres describes it: what a live database has, what the migrations make, and what the models say, all in the same words, so that
 * any two can be compared. Expressions and definitions are spelled as Postgres prints them, without the name of the schema. Lists are sorted by
 * name, columns too: their order in the table means nothing to us. Month partitions are data and left out.
 */
export interface Catalog {
  tables: CatalogTable[];
  views: CatalogView[];
  functions: CatalogFunction[];
  extensions: string[];
}

export interface CatalogTable {
  name: string;
  columns: CatalogColumn[];
  constraints: CatalogConstraint[];
  /** Without those that belong to a constraint. */
  indexes: CatalogIndex[];
  triggers: CatalogTrigger[];
  /** `RANGE ("timestamp")` of a partitioned table. */
  partitionBy: string | null;
  /** A partitioned table has a default partition, named `<table>_default`. */
  hasDefaultPartition: boolean;
}

export interface CatalogColumn {
  name: string;
  /** As format_type prints it: `character varying(20)`, `timestamp with time zone`. */
  type: string;
  isNullable: boolean;
  default: string | null;
  /** The expression of a stored generated column. */
  generated: string | null;
  identity: 'by default' | 'always' | null;
}

export type ConstraintKind = 'primary key' | 'unique' | 'foreign key' | 'check' | 'exclusion';

export interface CatalogConstraint {
  name: string;
  kind: ConstraintKind;
  /** As pg_get_constraintdef prints it: `FOREIGN KEY (job_id) REFERENCES jobs(id) ON DELETE CASCADE`. */
  definition: string;
}

export interface CatalogIndex {
  name: string;
  isUnique: boolean;
  /** False of an index whose CREATE INDEX CONCURRENTLY did not end well. */
  isValid: boolean;
  /** What follows the table in pg_get_indexdef: `USING btree (status, created_at DESC) WHERE (deleted_at IS NULL)`. */
  definition: string;
}

export interface CatalogTrigger {
  name: string;
  /** As pg_get_triggerdef prints it, without the schema. */
  definition: string;
  isEnabled: boolean;
}

export interface CatalogView {
  name: string;
  /** As pg_get_viewdef prints it. */
  definition: string;
}

export interface CatalogFunction {
  /** With its argument types: `touch_updated_at()`. */
  name: string;
  returns: string;
  language: string;
  body: string;
}
