import { readFile, stat } from 'node:fs/promises';
import { MOST_DEFINITIONS } from '../../contracts/schedule-code.ts';
import { wrongFile } from './found-definition.ts';
import type { ReadFile } from './found-definition.ts';
import { listFiles, nameOfFile } from './list-files.ts';
import { readModule } from './read-module.ts';
import { readYaml } from './read-yaml.ts';

const MEBIBYTE = 1_048_576;
const MOST_MEBIBYTES = 4;

const readOne = async (path: string, stderr: NodeJS.WriteStream): Promise<ReadFile> => {
  const name = nameOfFile(path);
  const { size } = await stat(path);
  if (size > MOST_MEBIBYTES * MEBIBYTE)
    return wrongFile(`${name}:1`, `has ${Math.ceil(size / MEBIBYTE)} MiB; a file of definitions may have at most ${MOST_MEBIBYTES}`);
  return path.endsWith('.ts') ? readModule(path, stderr) : readYaml(await readFile(path, 'utf8'), name);
};

/** Reads all that files and folders define, in the order of their names; what cannot be read is told, with its file and line. @throws OpsError VALIDATION */
export const readDefinitions = async (paths: readonly string[], stderr: NodeJS.WriteStream): Promise<ReadFile> => {
  const all: ReadFile = { found: [], problems: [] };
  for (const path of await listFiles(paths)) {
    const { found, problems } = await readOne(path, stderr);
    all.found.push(...found);
    all.problems.push(...problems);
  }
  const beyond = all.found[MOST_DEFINITIONS];
  if (beyond === undefined) return all;
  const message = `is definition ${MOST_DEFINITIONS + 1} of ${all.found.length}: one set may have at most ${MOST_DEFINITIONS}; apply folders apart, without --prune`;
  return { found: [], problems: [...all.problems, { source: beyond.source, message }] };
};
