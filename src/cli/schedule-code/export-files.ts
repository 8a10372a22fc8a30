import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ExportedSchedules } from '../../client/index.ts';
import { OpsError } from '../../domain/ops-error.ts';

type Exported = ExportedSchedules['data'][number];

const LONGEST_NAME = 60;

const yamlOf = ({ schedule_serial: serial, job_serial: job, definition }: Exported): string =>
  `# ${serial} of ${job}\n${stringify(definition, { lineWidth: 0, aliasDuplicateObjects: false })}`;

/** All of them as the documents of one text. */
export const exportText = (exported: readonly Exported[]): string => exported.map((one) => yamlOf(one)).join('---\n');

const slugOf = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, LONGEST_NAME) || 'schedule';

/** Names of files: that of the schedule, with its serial where several would have it. */
const fileNames = (exported: readonly Exported[]): Map<Exported, string> => {
  const bySlug = Map.groupBy(exported, ({ definition }) => slugOf(String(definition['name'])));
  return new Map(
    [...bySlug].flatMap(([slug, of]) =>
      of.map((one) => [one, `${of.length === 1 ? slug : `${slug}-${one.schedule_serial.toLowerCase()}`}.yaml`] as const),
    ),
  );
};

/** Writes a file for each. None that is there already is written over. @returns their paths. @throws OpsError FILE_FAILED */
export const writeExport = async (folder: string, exported: readonly Exported[]): Promise<string[]> => {
  const paths: string[] = [];
  for (const [one, name] of fileNames(exported)) {
    const path = join(folder, name);
    try {
      await mkdir(folder, { recursive: true });
      await writeFile(path, yamlOf(one), { flag: 'wx' });
    } catch (cause) {
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
      const why = code === 'EEXIST' ? 'is there already' : `cannot be written (${code})`;
      throw new OpsError(
        'FILE_FAILED',
        `${path} ${why}. ${paths.length} of ${exported.length} files were written; name another folder with --to.`,
        {
          cause,
        },
      );
    }
    paths.push(path);
  }
  return paths;
};
