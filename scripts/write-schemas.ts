import { mkdir, writeFile } from 'node:fs/promises';
import { DEFINITION_NAMES } from '../src/contracts/definition-names.ts';
import { definitionSchema } from '../src/contracts/definition-schemas.ts';

const FOLDER = new URL('../schemas/', import.meta.url);

await mkdir(FOLDER, { recursive: true });
for (const name of DEFINITION_NAMES)
  await writeFile(new URL(`${name}.schema.json`, FOLDER), `${JSON.stringify(definitionSchema(name), null, 2)}\n`);
