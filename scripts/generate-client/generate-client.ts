import type { Document } from './openapi.ts';
import { operationsText } from './operations.ts';
import { schemasText } from './schemas.ts';

const HEAD = '// Made from openapi.json by `npm run client`; changes go into the routes of the API.\n';

/** The generated files of the client, by their paths: a function of the OpenAPI document alone. */
export const generateClient = (document: Document): Record<string, string> => ({
  'src/client/generated/schemas.ts': schemasText(document, HEAD),
  'src/client/generated/operations.ts': operationsText(document, HEAD),
});
