import { z } from 'zod';

/** Of the container, not of OpsConductor; raised when older builds cannot read newer files. */
export const FORMAT_VERSION = 1;

/** What a backup says about itself, in its first line: all of it as of the snapshot that the dump was taken from. */
export const Manifest = z.object({
  format: z.literal('opsconductor-backup'),
  format_version: z.int(),
  /** The database's time of the snapshot. */
  taken_at: z.iso.datetime(),
  /** Of the OpsConductor that made it. */
  app_version: z.string(),
  /** Of the database server: `15.12`. */
  server_version: z.string(),
  /** Of the pg_dump that made it; a pg_restore of an older major version cannot read it. */
  pg_dump_version: z.string(),
  /** The schema that holds the tables, usually `public`. */
  schema: z.string(),
  /** Applied migrations and the checksums of their files. */
  migrations: z.array(z.object({ name: z.string(), checksum: z.string() })),
  /** Rows of every table; those of partitions count for their table. */
  tables: z.record(z.string(), z.int().min(0)),
});
export type Manifest = z.infer<typeof Manifest>;

/** Major version of a PostgreSQL version: 15 of `15.12 (Debian 15.12-0+deb12u2)`. */
export const majorOf = (version: string): number => Number.parseInt(version, 10);

/** All rows of a backup. */
export const totalRows = ({ tables }: Pick<Manifest, 'tables'>): number => Object.values(tables).reduce((sum, rows) => sum + rows, 0);
