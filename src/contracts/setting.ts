import { z } from 'zod';
import { Text } from './text.ts';

/** Any JSON; which, the schema of the setting says. */
const Value = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.unknown()), z.record(z.string(), z.unknown())]);

export const SettingName = Text(100)
  .regex(/^[a-z][a-z0-9_]*$/, 'must be the name of a setting, such as max_concurrent_jobs')
  .meta({ example: 'max_concurrent_jobs' });

export const Setting = z
  .object({
    key: z.string(),
    value: Value.meta({ description: 'What is in force.' }),
    default: Value,
    is_default: z.boolean(),
    problem: z.string().nullable().meta({ description: 'Why what is stored is not in force: the default is, until it is corrected.' }),
    stored: Value.meta({ description: 'What is stored, where that is not in force; else null.' }),
    description: z.string(),
    consumer: z.string().meta({ description: 'The source file that obeys it.' }),
    schema: z.record(z.string(), z.unknown()).meta({ description: 'Type and range of its values, as JSON Schema.' }),
    version: z.number().int().meta({ description: 'Counts its changes.' }),
    updated_by: z.string().nullable().meta({ description: 'User name.' }),
    updated_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Setting' });
export type Setting = z.infer<typeof Setting>;

export const SettingList = z.object({ data: z.array(Setting) }).meta({ id: 'SettingList' });

const Note = Text(1_000).min(1).optional().meta({ description: 'Why; stands in the audit trail.' });

export const ChangeSetting = z
  .strictObject({ value: Value.meta({ description: 'As the schema of the setting says.' }), note: Note })
  .meta({ id: 'ChangeSetting' });
export type ChangeSetting = z.infer<typeof ChangeSetting>;

export const ChangeSettings = z
  .strictObject({
    values: z
      .record(SettingName, Value)
      .refine((values) => Object.keys(values).length > 0, 'names no setting')
      .meta({ description: 'New values by name: all of them are taken, or none.' }),
    note: Note,
  })
  .meta({ id: 'ChangeSettings' });
export type ChangeSettings = z.infer<typeof ChangeSettings>;

export const Maintenance = z
  .object({
    enabled: z.boolean(),
    changed_by: z.string().nullable().meta({ description: 'User name.' }),
    changed_at: z.iso.datetime().nullable(),
    version: z.number().int().meta({ description: 'Counts its changes.' }),
    running: z.number().int().meta({ description: 'Runs that have begun and have not ended, the paused ones too.' }),
    waiting: z.number().int().meta({ description: 'Runs that are accepted and have not begun.' }),
  })
  .meta({ id: 'Maintenance' });
export type Maintenance = z.infer<typeof Maintenance>;

export const ChangeMaintenance = z.strictObject({ enabled: z.boolean(), note: Note }).meta({ id: 'ChangeMaintenance' });
export type ChangeMaintenance = z.infer<typeof ChangeMaintenance>;
