import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import { DataFormat, DataType } from '../../contracts/data-transfer.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { collect } from '../command-options.ts';
import { addPassphraseOptions, readPassphrase } from '../passphrase-options.ts';
import type { PassphraseOptions } from '../passphrase-options.ts';
import { saveWhole } from '../save-whole.ts';
import { createProgressLine } from '../terminal/progress-line.ts';

interface ExportOptions extends PassphraseOptions {
  format: DataFormat;
  selector?: string;
  serial?: string[];
  to?: string;
}

const MEBIBYTE = 1_048_576;

async function* counted(content: AsyncIterable<Uint8Array>, stderr: NodeJS.WriteStream): AsyncGenerator<Uint8Array> {
  const line = createProgressLine(stderr);
  let bytes = 0;
  try {
    for await (const chunk of content) {
      bytes += chunk.length;
      line.show(() => `${(bytes / MEBIBYTE).toFixed(1)} MiB`);
      yield chunk;
    }
  } finally {
    line.clear();
  }
}

const exportDocument = async (context: CliContext, types: DataType[], options: ExportOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { format, selector, serial: serials, to } = options;
  const passphrase = await readPassphrase(session, options, true);
  const content = await session.client.exportData({
    types: types.length === 0 ? DataType.options : types,
    format,
    ...(selector !== undefined && { selector }),
    ...(serials !== undefined && { serials }),
    ...(passphrase !== undefined && { passphrase }),
  });
  if (to === undefined || to === '-') return pipeline(content, context.stdout, { end: false });
  const path = resolve(to);
  await saveWhole(path, counted(content, session.stderr), 'The export', { isPrivate: true });
  session.say(`Exported to ${path}.`);
  if (session.isData) await session.print({ path }, '');
};

/** `export`. */
export const registerExport = (program: Command, context: CliContext): void => {
  addPassphraseOptions(
    program
      .command('export')
      .addArgument(new Argument('[types...]', 'all that there are, when none is named').choices(DataType.options))
      .description('write targets, jobs, templates, calendars, settings and users as one document, for import or apply')
      .addOption(
        new Option('--format <format>', 'csv takes one type: targets, users or settings').choices(DataFormat.options).default('yaml'),
      )
      .option('--selector <selector>', 'of the targets only those such as env=production,team=web')
      .option('--serial <serial>', 'of targets, jobs and templates only this; may be given several times', collect)
      .option('-o, --to <file>', 'file to write, for you alone to read; default standard output'),
    'with the secrets of credentials and variables, sealed with a passphrase',
  )
    .addHelpText('after', '\nNo password of a user is ever exported, and no secret without --secrets.')
    .action((types: DataType[], options: ExportOptions, command: Command) => exportDocument(context, types, options, command));
};
