import { z } from 'zod';
import { ChangeNote, CreateJob, JobSummary } from './job.ts';
import { listQuery } from './list.ts';
import { SelectorText } from './selector.ts';
import { TargetSerial } from './target.ts';
import { Text } from './text.ts';
import { VariableValue } from './variable.ts';

export const CreateTemplate = CreateJob.omit({ targets: true, target_selector: true }).meta({ id: 'CreateTemplate' });
export type CreateTemplate = z.infer<typeof CreateTemplate>;

export const TemplateFilter = listQuery(
  { item: JobSummary, sorts: ['created', 'name'], sort: '-created' },
  {
    search: Text(255).optional().meta({ description: 'Part of the name, or a serial.' }),
    tag: Text(100).optional().meta({ description: 'One of its tags.' }),
    created_by: Text(50).optional().meta({ description: 'User name.' }),
  },
);
export type TemplateFilter = z.infer<typeof TemplateFilter>;

const WHERE = {
  targets: z.array(TargetSerial).min(1).max(100_000).optional(),
  target_selector: SelectorText.nullable().optional(),
};

export const JobFromTemplate = z
  .strictObject({
    name: Text(255).min(1),
    description: Text(10_000).nullable().optional().meta({ description: 'That of the template when left out.' }),
    ...WHERE,
    parameters: z.record(z.string().max(100), VariableValue).optional().meta({
      description: 'Values of variables of the template. What is asked at the start of a run is asked there, too.',
    }),
    change_note: ChangeNote.optional(),
  })
  .meta({ id: 'JobFromTemplate' });
export type JobFromTemplate = z.infer<typeof JobFromTemplate>;

export const CloneJob = z
  .strictObject({
    name: Text(255).min(1),
    ...WHERE,
    change_note: ChangeNote.optional(),
  })
  .meta({ id: 'CloneJob', description: 'Targets and selector are those of the original when left out.' });
export type CloneJob = z.infer<typeof CloneJob>;

export const CloneTemplate = z.strictObject({ name: Text(255).min(1), change_note: ChangeNote.optional() }).meta({ id: 'CloneTemplate' });
export type CloneTemplate = z.infer<typeof CloneTemplate>;
