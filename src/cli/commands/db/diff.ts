import { relative } from 'node:path';
import { writeMigration } from '../../../db/catalog/write-migration.ts';
import type { WrittenMigration } from '../../../db/catalog/write-migration.ts';
import { MIGRATIONS_FOLDER } from '../../../db/migrations/read-files.ts';
import { TABLES } from '../../../db/models/index.ts';
import { readVersion } from '../../../version.ts';
import { EXIT_CODES } from '../../exit-code.ts';
import { withScratchDatabase } from './with-scratch-database.ts';

const reportText = ({ path, undecided, remaining }: WrittenMigration): string => {
  const lines = [`Wrote ${relative(process.cwd(), path)} and migrations/schema.json. Read the file before you commit it.`];
  if (undecided.length > 0) lines.push('Decide in the file:', ...undecided.map((sentence) => `  ${sentence}`));
  else if (remaining.length > 0) {
    // Postgres prints an expression in one way only: the model has to spell it so.
    lines.push('The models spell this otherwise than Postgres prints it; write it so in src/db/models:');
    lines.push(...remaining.map(({ sentence, actual }) => `  ${sentence}${actual === undefined ? '' : `\n    ${actual}`}`));
  }
  return `${lines.join('\n')}\n`;
};

/** `opsconductor db diff NAME`: writes the next migration; exit code 1 when a person has to decide or mend something first. */
export const diff = (name: string, { allowDestructive = false }: { allowDestructive?: boolean }): Promise<void> =>
  withScratchDatabase(async (db) => {
    const options = { name, folder: MIGRATIONS_FOLDER, tables: TABLES, allowDestructive, appVersion: readVersion() };
    const written = await writeMigration(db, options);
    process.stdout.write(
      written === undefined ? 'The migrations make what the models declare: there is nothing to write.\n' : reportText(written),
    );
    if (written !== undefined && written.remaining.length > 0) process.exitCode = EXIT_CODES.failed;
  });
