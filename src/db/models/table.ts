import type { ColumnSpec } from './columns.ts';

export type ReferenceRule = 'CASCADE' | 'RESTRICT' | 'SET NULL';

export interface ForeignKey {
  columns: readonly string[];
  table: string;
  /** Columns of `table`. */
  to: readonly string[];
  onDelete: ReferenceRule;
  onUpdate?: ReferenceRule;
}

/** Unique constraint; the name follows from the columns (data model 1.1) unless `name` says what stands after `uq_<table>_`. */
export interface UniqueKey {
  columns: readonly string[];
  name?: string;
  nullsNotDistinct?: true;
}

export interface Index {
  /** Keys as Postgres prints them between the parentheses: `status, created_at DESC`. */
  keys: string;
  /** Whole name, where it does not follow from the keys. */
  name?: string;
  method?: 'gin' | 'gist';
  isUnique?: true;
  nullsNotDistinct?: true;
  /** Predicate, as Postgres prints it. */
  where?: string;
  /** Which query or rule needs it. */
  why: string;
}

/** All that the database knows of a table besides its columns. Checks of enums and JSON follow from the columns. */
export interface TableKeys {
  primaryKey: readonly string[];
  unique?: readonly UniqueKey[];
  foreignKeys?: readonly ForeignKey[];
  indexes?: readonly Index[];
  /** By what stands after `ck_<table>_`; expressions as Postgres prints them. */
  checks?: Readonly<Record<string, string>>;
  /** By whole name; definitions as Postgres prints them. */
  exclusions?: Readonly<Record<string, string>>;
  /** By what stands after `trg_<table>_`: `BEFORE UPDATE … EXECUTE FUNCTION …`, split at the table. That of updated_at follows from the column. */
  triggers?: Readonly<Record<string, { when: string; run: string }>>;
  /** Range-partitioned by month of this column (data model, part 7). */
  partitionBy?: string;
}

export interface Table extends TableKeys {
  name: string;
  /** What a row is, for docs/schema.md. */
  meaning: string;
  columns: Readonly<Record<string, ColumnSpec>>;
}

/** A foreign key to `id`, unless `to` says other columns. */
export const references = (
  columns: string | readonly string[],
  table: string,
  onDelete: ReferenceRule,
  more: { to?: readonly string[]; onUpdate?: ReferenceRule } = {},
): ForeignKey => ({
  columns: typeof columns === 'string' ? [columns] : columns,
  table,
  to: more.to ?? ['id'],
  onDelete,
  ...(more.onUpdate !== undefined && { onUpdate: more.onUpdate }),
});
