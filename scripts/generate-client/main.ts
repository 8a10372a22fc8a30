import { readFile, writeFile } from 'node:fs/promises';
import { generateClient } from './generate-client.ts';
import type { Document } from './openapi.ts';

const ROOT = new URL('../../', import.meta.url);

const document = JSON.parse(await readFile(new URL('openapi.json', ROOT), 'utf8')) as Document;
for (const [path, text] of Object.entries(generateClient(document))) await writeFile(new URL(path, ROOT), text);
