import { z } from 'zod';
import { SelectorText } from './selector.ts';
import { Text } from './text.ts';

/** Kinds of things that a document holds, in the order in which they are imported: those that others name come first. */
export const DataType = z.enum(['settings', 'users', 'calendars', 'targets', 'templates', 'jobs', 'schedules']);
export type DataType = z.infer<typeof DataType>;

export const DataFormat = z.enum(['json', 'yaml', 'csv']);
export type DataFormat = z.infer<typeof DataFormat>;

/** Of more than a thousand things, export all and cut the file. */
export const EXPORT_NAMED_MAX = 1_000;

export const Passphrase = Text(1_000).min(12, 'must have at least 12 characters');

export const ExportData = z
  .strictObject({
    types: z
      .array(DataType)
      .min(1)
      .max(DataType.options.length)
      .refine((types) => new Set(types).size === types.length, 'names a type twice'),
    format: DataFormat.default('json').meta({ description: '`csv`: one type only, of targets, users or settings.' }),
    selector: SelectorText.optional().meta({ description: 'Of the targets only those that it fits.' }),
    serials: z
      .array(Text(20).regex(/^([TJ]|JSCHED-)\d{8,19}$/, 'must be the serial of a target, a job, a template or a schedule'))
      .min(1)
      .max(EXPORT_NAMED_MAX)
      .optional()
      .meta({ description: 'Of the targets, jobs, templates and schedules only these.' }),
    passphrase: Passphrase.optional().meta({
      description:
        'Seals the secrets into the document: those of credentials and of the variables of jobs. Without it the document only says that they are there.',
    }),
  })
  .meta({ id: 'ExportData' });
export type ExportData = z.infer<typeof ExportData>;

export const ImportMode = z.enum(['merge', 'append', 'replace']);
export type ImportMode = z.infer<typeof ImportMode>;

export const ImportQuery = z.strictObject({
  mode: ImportMode.default('merge').meta({
    description:
      '`merge` makes what is not there and changes what is another; `append` makes what is not there and leaves the rest as it is; `replace` is merge, and removes what the document has not, of the types that it holds.',
  }),
  validate_only: z
    .stringbool({ truthy: ['true'], falsy: ['false'] })
    .default(false)
    .meta({ description: 'Everything is done as if, and taken back in the end: the report is the same, and nothing is changed.' }),
});
export type ImportQuery = z.infer<typeof ImportQuery>;

const ImportChange = z
  .object({
    path: z.string().meta({ description: 'Field of the thing, such as `methods.ssh_1.port`.' }),
    from: z.unknown(),
    to: z.unknown(),
  })
  .meta({ id: 'ImportChange', description: 'Values of secrets are not in it, only that they are others.' });
export type ImportChange = z.infer<typeof ImportChange>;

export const ImportOutcome = z.enum(['created', 'updated', 'unchanged', 'skipped', 'removed', 'failed']);
export type ImportOutcome = z.infer<typeof ImportOutcome>;

export const ImportRow = z
  .object({
    line: z.literal('row'),
    row: z.number().int().nullable().meta({
      description:
        'Place of the thing in the document, from 1; in CSV the row of the sheet, the header being 1. null: the document has it not.',
    }),
    type: DataType.nullable().meta({ description: 'null: it is of no known kind.' }),
    name: z.string().nullable(),
    serial: z.string().nullable().meta({ description: 'Serial of a target, job, template or schedule; uuid of a user or calendar.' }),
    outcome: ImportOutcome.meta({ description: '`skipped`: it is there, and left as it is: the mode is append, or a deploy manages it.' }),
    changes: z.array(ImportChange).meta({ description: 'Of what was updated.' }),
    warnings: z.array(z.string()),
    problem: z
      .object({
        code: z.string(),
        detail: z.string(),
        errors: z.array(z.object({ path: z.string(), message: z.string() })),
      })
      .nullable()
      .meta({ description: 'Why it failed; nothing of this row was written then.' }),
  })
  .meta({ id: 'ImportRow' });
export type ImportRow = z.infer<typeof ImportRow>;

const Count = z.number().int();

const ImportBegin = z
  .object({ line: z.literal('begin'), total: Count.meta({ description: 'Things in the document.' }) })
  .meta({ id: 'ImportBegin' });

export const ImportSummary = z
  .object({
    line: z.literal('summary'),
    mode: ImportMode,
    validate_only: z.boolean().meta({ description: 'true: nothing was changed.' }),
    total: Count.meta({ description: 'Things in the document.' }),
    created: Count,
    updated: Count,
    unchanged: Count,
    skipped: Count,
    removed: Count,
    failed: Count,
  })
  .meta({ id: 'ImportSummary' });
export type ImportSummary = z.infer<typeof ImportSummary>;

/** A line of the answer; the first one says how many there will be, the last one is the summary. An answer that ends without it was broken off. */
export const ImportLine = z.union([ImportBegin, ImportRow, ImportSummary]).meta({ id: 'ImportLine' });
export type ImportLine = z.infer<typeof ImportLine>;

export const ImportReport = z.object({ summary: ImportSummary, rows: z.array(ImportRow) }).meta({ id: 'ImportReport' });
export type ImportReport = z.infer<typeof ImportReport>;
