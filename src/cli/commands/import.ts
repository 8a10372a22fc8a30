import { openAsBlob } from 'node:fs';
import { extname } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { DataFormat, ImportMode } from '../../contracts/data-transfer.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { readStdin } from '../ask.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { EXIT_CODES } from '../exit-code.ts';
import { followImport, rowsText, summaryLine } from '../import-report.ts';
import type { PlaceOf } from '../import-report.ts';
import { addPassphraseOptions, readPassphrase } from '../passphrase-options.ts';
import type { PassphraseOptions } from '../passphrase-options.ts';

interface ImportOptions extends PassphraseOptions {
  mode: ImportMode;
  format?: DataFormat;
  validateOnly?: boolean;
  changes?: boolean;
}

const TYPES: Readonly<Record<DataFormat, string>> = { json: 'application/json', yaml: 'application/yaml', csv: 'text/csv' };
const BY_EXTENSION: Readonly<Record<string, DataFormat>> = { '.json': 'json', '.yaml': 'yaml', '.yml': 'yaml', '.csv': 'csv' };

const formatOf = (file: string, format: DataFormat | undefined): DataFormat => {
  const known = format ?? BY_EXTENSION[extname(file).toLowerCase()];
  if (known !== undefined) return known;
  throw new OpsError('VALIDATION', `The name ${file} does not say what it holds. Give --format ${DataFormat.options.join(', ')}.`);
};

const blobOf = async (file: string, type: string, stdin: NodeJS.ReadStream): Promise<Blob> => {
  if (file === '-') return new Blob([await readStdin(stdin)], { type });
  return openAsBlob(file, { type }).catch((cause: NodeJS.ErrnoException) => {
    throw new OpsError('VALIDATION', `${file} cannot be read (${cause.code ?? 'unknown reason'}).`, { cause });
  });
};

const importDocument = async (context: CliContext, file: string, options: ImportOptions, command: Command): Promise<void> => {
  const { mode, validateOnly = false, changes = false } = options;
  if (file === '-' && options.passphraseStdin === true)
    throw new OpsError('VALIDATION', 'stdin cannot be both the document and the passphrase. Name a file.');
  const format = formatOf(file, options.format);
  const session = await openSession(context, command);
  const document = await blobOf(file, TYPES[format], session.stdin);
  const passphrase = await readPassphrase(session, options, false);
  const lines = session.client.importData(document, {
    mode,
    validate_only: String(validateOnly),
    ...(passphrase !== undefined && { xPassphrase: encodeURIComponent(passphrase) }),
  });
  const report = await followImport(session, lines);
  const placeOf: PlaceOf = (row) => (row === null ? file : `${file}, ${format === 'csv' ? 'row' : 'item'} ${row}`);
  await session.print(report, rowsText(report, session.paint, placeOf, changes));
  session.say(`${validateOnly ? 'Nothing was changed; it would be: ' : ''}${summaryLine(report.summary)}.`);
  if (report.summary.failed > 0) process.exitCode = EXIT_CODES.failed;
};

/** `import`. */
export const registerImport = (program: Command, context: CliContext): void => {
  addPassphraseOptions(
    program
      .command('import <file>')
      .description('take in what an export or a person wrote; what fails does not stop the rest; - reads stdin')
      .addOption(
        new Option('--mode <mode>', 'merge makes and changes; append only makes; replace also removes what the document has not')
          .choices(ImportMode.options)
          .default('merge'),
      )
      .addOption(new Option('--format <format>', 'when the name of the file does not say it').choices(DataFormat.options))
      .option('--validate-only', 'change nothing, and report as if')
      .option('--changes', 'print what became of each thing, field by field; otherwise only what failed'),
    'with the sealed secrets of the document',
  )
    .addHelpText('after', '\nExit code 1: some of it failed, and the rest was taken.')
    .action((file: string, options: ImportOptions, command: Command) => importDocument(context, file, options, command));
};
