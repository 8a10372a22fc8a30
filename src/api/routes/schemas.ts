import { OpenAPIHono, z } from '@hono/zod-openapi';
import { DEFINITION_NAMES } from '../../contracts/definition-names.ts';
import { definitionSchema } from '../../contracts/definition-schemas.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { DefineRoute } from '../define-route.ts';
import type { ApiEnv } from '../env.ts';
import { DEFINITION_HEAD } from '../examples/streams.ts';

const MEDIA_TYPE = 'application/schema+json';

const SchemaRef = z.object({
  name: z
    .string()
    .max(50)
    .meta({ description: `One of ${DEFINITION_NAMES.join(', ')}.`, example: 'job' }),
});
const JsonSchema = z.record(z.string(), z.unknown()).meta({ id: 'JsonSchema', description: 'JSON Schema 2020-12.' });

/** @throws OpsError NOT_FOUND */
const schemaNamed = (made: Map<string, Record<string, unknown>>, name: string): Record<string, unknown> => {
  const known = DEFINITION_NAMES.find((one) => one === name);
  if (known === undefined) throw new OpsError('NOT_FOUND', `There is no schema "${name}"; there are ${DEFINITION_NAMES.join(', ')}.`);
  const schema = made.get(known) ?? definitionSchema(known);
  made.set(known, schema);
  return schema;
};

/** JSON Schemas of what people write in files, for editors. They say nothing that the OpenAPI document does not, so they are public like it. */
export const schemaRoutes = (route: DefineRoute) => {
  const made = new Map<string, Record<string, unknown>>();
  return new OpenAPIHono<ApiEnv>().openapi(
    route(
      {
        method: 'get',
        path: '/{name}',
        tags: ['schemas'],
        operationId: 'getDefinitionSchema',
        summary: 'JSON Schema of a definition',
        description: 'For editors, which complete and check files by it: `# yaml-language-server: $schema=…/api/v1/schemas/job`.',
        access: 'public',
        request: { params: SchemaRef },
      },
      { 200: { content: { [MEDIA_TYPE]: { schema: JsonSchema, example: DEFINITION_HEAD } }, description: 'The schema' } },
    ),
    (c) => c.json(schemaNamed(made, c.req.valid('param').name), 200, { 'Content-Type': MEDIA_TYPE }),
  );
};
