import { z } from 'zod';
import { DataDocument, DataItem } from './data-document.ts';
import type { DefinitionName } from './definition-names.ts';
import { CreateJob } from './job.ts';
import { ScheduleDefinition } from './schedule.ts';
import { CreateTarget } from './target.ts';

/** What people write in files. */
const DEFINITIONS = {
  job: { schema: CreateJob, title: 'A job of OpsConductor', description: 'What `opsconductor jobs create -f` and POST /api/v1/jobs take.' },
  target: { schema: CreateTarget, title: 'A target of OpsConductor', description: 'What POST /api/v1/targets takes.' },
  document: {
    schema: z.union([DataDocument, z.array(DataItem), DataItem]),
    title: 'Things of OpsConductor',
    description:
      'What `opsconductor apply -f`, `opsconductor import` and POST /api/v1/data/import take: things with their kind, one or many.',
  },
  schedule: {
    schema: z.union([ScheduleDefinition, z.array(ScheduleDefinition), z.strictObject({ schedules: z.array(ScheduleDefinition) })]),
    title: 'Schedules of OpsConductor',
    description:
      'What a file of `opsconductor schedules apply` holds: one definition of a schedule, a list of them, or `schedules:` with a list.',
  },
} as const satisfies Record<DefinitionName, object>;

/**
 * The JSON Schema (2020-12) of a definition as it is written: what has a default may be left out. It says less than the API, which also checks what
 * depends on other fields: a file that fits may still be refused.
 */
export const definitionSchema = (name: DefinitionName): Record<string, unknown> => {
  const { schema, title, description } = DEFINITIONS[name];
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    target: 'draft-2020-12',
    override: ({ jsonSchema }) => {
      const { example } = jsonSchema;
      if (example === undefined) return;
      // OpenAPI's word for what JSON Schema has as a list.
      delete jsonSchema['example'];
      jsonSchema.examples = [example];
    },
  });
  return { $schema, $id: `urn:opsconductor:schema:${name}`, title, description, ...rest };
};
