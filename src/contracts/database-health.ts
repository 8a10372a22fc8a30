import { z } from 'zod';

/** What `opsconductor db health` can find; docs/database-health.md says what each means. */
const FindingKind = z.enum([
  'unused_index',
  'duplicate_index',
  'redundant_index',
  'invalid_index',
  'bloated_index',
  'unindexed_foreign_key',
  'sequential_scans',
  'slow_statement',
  'statements_unavailable',
  'dead_rows',
  'transaction_id_age',
  'long_transaction',
  'connections',
  'idle_in_transaction',
  'default_partition_rows',
  'limited_view',
]);

const Severity = z.enum(['info', 'warning', 'critical']);
export type Severity = z.infer<typeof Severity>;

const Time = z.iso.datetime().nullable();

export const DatabaseFinding = z
  .object({
    kind: FindingKind,
    severity: Severity,
    object: z.string().meta({ description: 'What it is about: an index, a table, an application.' }),
    sentence: z.string().meta({ description: 'What was seen.' }),
    suggestion: z.string().meta({ description: 'What to do about it.' }),
    statement: z.string().optional().meta({ description: 'SQL that would mend it. It is never run by itself.' }),
    facts: z.record(z.string(), z.number()).meta({ description: 'The numbers of the sentence.' }),
  })
  .meta({ id: 'DatabaseFinding' });
export type DatabaseFinding = z.infer<typeof DatabaseFinding>;

export const SlowStatement = z
  .object({
    text: z.string().meta({ description: 'On one line, at most 300 characters, literals left out.' }),
    calls: z.number(),
    mean_ms: z.number(),
    total_ms: z.number(),
    rows: z.number().meta({ description: 'Rows given or changed, of all calls.' }),
    share: z.number().meta({ description: 'Part of the time of all statements of this database, 0 to 1.' }),
  })
  .meta({ id: 'SlowStatement' });
export type SlowStatement = z.infer<typeof SlowStatement>;

export const TableHealth = z
  .object({
    table: z.string().meta({ description: 'A partitioned table stands for all of its partitions.' }),
    size_bytes: z.number(),
    index_bytes: z.number().meta({ description: 'Part of size_bytes.' }),
    live_rows: z.number(),
    dead_rows: z.number(),
    sequential_scans: z.number(),
    sequential_rows: z.number().meta({ description: 'Rows that sequential scans have read.' }),
    index_scans: z.number(),
    last_vacuum: Time,
    last_analyze: Time,
  })
  .meta({ id: 'TableHealth' });
export type TableHealth = z.infer<typeof TableHealth>;

export const ConnectionUse = z
  .object({
    max: z.number().meta({ description: 'max_connections of the server.' }),
    reserved: z.number().meta({ description: 'Part of max that only superusers and privileged roles may take.' }),
    used: z.number().meta({ description: 'Of all databases of the server.' }),
    by_application: z.array(
      z.object({
        application: z.string(),
        total: z.number(),
        active: z.number(),
        idle: z.number(),
        idle_in_transaction: z.number(),
      }),
    ),
  })
  .meta({ id: 'ConnectionUse' });
export type ConnectionUse = z.infer<typeof ConnectionUse>;

export const DatabaseHealth = z
  .object({
    server: z.string().meta({ description: 'Version of PostgreSQL.' }),
    database: z.string(),
    size_bytes: z.number(),
    statistics_since: Time.meta({ description: 'Since when the server counts scans and rows; null when it does not tell.' }),
    findings: z.array(DatabaseFinding).meta({ description: 'The worst first.' }),
    slowest_statements: z.array(SlowStatement).meta({ description: 'By total time; empty without pg_stat_statements.' }),
    tables: z.array(TableHealth).meta({ description: 'The largest first, at most 20.' }),
    connections: ConnectionUse,
  })
  .meta({ id: 'DatabaseHealth' });
export type DatabaseHealth = z.infer<typeof DatabaseHealth>;
