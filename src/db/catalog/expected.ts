import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { OpsError } from '../../domain/ops-error.ts';
import type { Catalog } from './catalog.ts';

const SNAPSHOT = fileURLToPath(new URL('../../../migrations/schema.json', import.meta.url));

/**
 * What the migrations of this build make, as `npm run schema` has written it down.
 * @throws OpsError INTERNAL when the file does not belong to this installation or is damaged.
 */
export const readExpectedCatalog = async (path: string = SNAPSHOT): Promise<Catalog> => {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Catalog;
  } catch (cause) {
    throw new OpsError('INTERNAL', `${path} cannot be read: it belongs to the migrations. Restore it, or install this version again.`, {
      cause,
    });
  }
};

/** An object without further ones inside, on lines of its own. */
const LEAF = /\{\n((?: +"\w+": (?:"(?:[^"\\]|\\.)*"|true|false|null),?\n)+) +\}/g;

/** As text that is committed: a line for each column, constraint or index, so that a change of the schema reads as one. */
export const formatCatalog = (catalog: Catalog): string => {
  const oneLine = (_leaf: string, inside: string): string => `{ ${inside.trim().replaceAll(/\n */g, ' ')} }`;
  return `${JSON.stringify(catalog, null, 2).replaceAll(LEAF, oneLine)}\n`;
};
