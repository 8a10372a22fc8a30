import type { Command } from 'commander';
import type { JobCheck, UncheckedJob } from '../../client/index.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { EXIT_CODES } from '../exit-code.ts';
import { readDefinition } from '../read-definition.ts';
import type { Definition } from '../read-definition.ts';
import { cleanText } from '../terminal/clean-text.ts';

/** All that was found, with the lines of the file if there is one. */
export const checkText = ({ problems, warnings }: JobCheck, paint: CliSession['paint'], definition?: Definition): string => {
  const line = (path: string): string => {
    const number = definition?.lineOf(path);
    return number === undefined ? '' : ` (line ${number})`;
  };
  return [
    ...problems.map(({ path, message }) => `${paint.red('problem')}  ${cleanText(`${path}: ${message}${line(path)}`)}\n`),
    ...warnings.map(({ path, message }) => `${paint.yellow('warning')}  ${cleanText(`${path}: ${message}${line(path)}`)}\n`),
  ].join('');
};

const callsOf = ({ client }: CliSession, kind: 'job' | 'template') =>
  kind === 'job'
    ? { draft: client.validateJob, stored: client.validateStoredJob }
    : { draft: client.validateJobTemplate, stored: client.validateStoredJobTemplate };

/** `validate`, of jobs or of templates. */
export const registerValidate = (parent: Command, context: CliContext, kind: 'job' | 'template'): void => {
  parent
    .command('validate [serial]')
    .description(
      `look for all that is wrong with a ${kind}, or with a file that is none yet; writes nothing, exits with 1 when it finds a problem`,
    )
    .option('-f, --file <file>', 'definition in YAML or JSON; - reads stdin')
    .action(async (serial: string | undefined, { file }: { file?: string }, command: Command) => {
      if ((serial === undefined) === (file === undefined))
        throw new OpsError('VALIDATION', `Give either the serial of a ${kind} or a file with --file.`);
      const session = await openSession(context, command);
      const calls = callsOf(session, kind);
      const definition = file === undefined ? undefined : await readDefinition(file, session.stdin);
      const check = definition === undefined ? await calls.stored(serial ?? '') : await calls.draft(definition.value as UncheckedJob);
      await session.print(check, checkText(check, session.paint, definition));
      session.say(check.is_valid ? 'Nothing is wrong with it.' : `${check.problems.length} problem(s).`);
      if (!check.is_valid) process.exitCode = EXIT_CODES.failed;
    });
};
