import type { Command } from 'commander';
import type { DataDocument, ImportReport } from '../../client/index.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { collect } from '../command-options.ts';
import { EXIT_CODES } from '../exit-code.ts';
import { followImport, rowsText, summaryLine } from '../import-report.ts';
import { addPassphraseOptions, readPassphrase } from '../passphrase-options.ts';
import type { PassphraseOptions } from '../passphrase-options.ts';
import { readDocuments } from '../read-documents.ts';

interface ApplyOptions extends PassphraseOptions {
  file: string[];
  dryRun?: boolean;
}

const changesAnything = ({ summary: { created, updated } }: ImportReport): boolean => created + updated > 0;

const outcomeText = ({ summary }: ImportReport, isDone: boolean): string => {
  if (summary.failed > 0 && !isDone) return `Nothing was applied: ${summary.failed} of ${summary.total} cannot be.`;
  return isDone ? `Applied: ${summaryLine(summary)}.` : `Nothing was changed; it would be: ${summaryLine(summary)}.`;
};

const send = async (
  session: CliSession,
  { seal, items }: { seal?: unknown; items: unknown[] },
  passphrase: string | undefined,
  validateOnly: boolean,
): Promise<ImportReport> => {
  const document = { ...(seal !== undefined && passphrase !== undefined && { seal }), items } as DataDocument;
  const sealed = passphrase === undefined ? {} : { xPassphrase: encodeURIComponent(passphrase) };
  return followImport(session, session.client.importData(document, { validate_only: String(validateOnly), ...sealed }));
};

const apply = async (context: CliContext, { file, dryRun = false, ...options }: ApplyOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const documents = await readDocuments(file, session.stdin);
  const passphrase = await readPassphrase(session, options, false);
  // All is looked at before anything is changed: a set with a mistake in it is not half applied.
  const checked = await send(session, documents, passphrase, true);
  const isDone = !dryRun && checked.summary.failed === 0;
  const report = isDone && changesAnything(checked) ? await send(session, documents, passphrase, false) : checked;
  await session.print(report, rowsText(report, session.paint, documents.placeOf, true));
  session.say(outcomeText(report, isDone));
  if (report.summary.failed > 0) process.exitCode = EXIT_CODES.failed;
};

/** `apply`. */
export const registerApply = (program: Command, context: CliContext): void => {
  addPassphraseOptions(
    program
      .command('apply')
      .description('make jobs, targets, templates and the like be as files say; what is so already is left alone')
      .requiredOption('-f, --file <path>', 'file or folder of YAML or JSON; may be given several times; - reads stdin', collect)
      .option('--dry-run', 'change nothing, and print what would be'),
    'with the sealed secrets of the files',
  )
    .addHelpText(
      'after',
      '\nA thing is found by its serial, else by its name, which only one may have. Nothing is applied when anything cannot be (exit code 1).',
    )
    .action((options: ApplyOptions, command: Command) => apply(context, options, command));
};
