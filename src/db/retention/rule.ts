import type { NumberSetting } from '../settings.ts';
import type { PartitionedTable } from '../partitions.ts';

/** How long the rows of a rule live: a setting in days (or minutes or seconds, as its name says); without one, until the time that they carry themselves. */
interface Age {
  /** Short: the name in Temporal and in the result. */
  name: string;
  setting?: NumberSetting;
  /** 0 means for ever. */
  zeroKeeps?: true;
}

/** Whole months, dropped. */
export interface PartitionRule extends Age {
  kind: 'partitions';
  table: PartitionedTable;
}

/** Rows of one table that nothing depends on. In SQL, $1 is the time before which they are old and `t` the table. */
export interface RowRule extends Age {
  kind: 'rows';
  table: string;
  key: readonly string[];
  where: string;
  /** Oldest first, where an index helps. */
  order: string;
  /** Changes the rows instead of removing them; $1 as above. */
  set?: string;
}

/** Rows with parts in large tables: the parts go first, in batches, so that no statement cascades without end. */
export interface TreeRule extends Age {
  kind: 'trees';
  table: string;
  /** Which rows of the table `t`; $1 is the time before which they are old. */
  where: string;
  /** Parts before what they belong to. In SQL, $1 is the ids of some rows of the table. */
  parts: readonly { table: string; key: readonly string[]; where: string }[];
}

export type RetentionRule = PartitionRule | RowRule | TreeRule;
