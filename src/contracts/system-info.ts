import { z } from 'zod';

const Count = z.number().int();

/** What runs here, and on what. No secret is in it. */
export const SystemInfo = z
  .object({
    version: z.string().meta({ description: 'Of OpsConductor, as the process that answers has it.' }),
    node_version: z.string(),
    host: z.string().meta({ description: 'Name of the machine on which the process runs that answers.' }),
    started_at: z.iso.datetime().meta({ description: 'Since when that process runs.' }),
    uptime_seconds: Count,
    database: z.object({
      version: z.string().meta({ description: 'Of PostgreSQL.' }),
      name: z.string(),
      migration: z.string().nullable().meta({ description: 'The last one that was applied.' }),
      migrated_at: z.iso.datetime().nullable(),
      migrated_by: z.string().nullable().meta({ description: 'Version of OpsConductor that applied it.' }),
    }),
    temporal: z.object({
      address: z.string(),
      namespace: z.string(),
      task_queue: z.string().meta({ description: 'What the names of its task queues begin with.' }),
    }),
    counts: z.object({
      targets: Count,
      jobs: Count,
      templates: Count,
      schedules: Count,
      users: Count.meta({ description: 'Accounts that may log in.' }),
      runs_scheduled: Count.meta({ description: 'Accepted, and not begun.' }),
      runs_running: Count,
      runs_held: Count.meta({ description: 'Begun, and paused.' }),
    }),
  })
  .meta({ id: 'SystemInfo' });
export type SystemInfo = z.infer<typeof SystemInfo>;
