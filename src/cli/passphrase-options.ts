import type { Command } from 'commander';
import { OpsError } from '../domain/ops-error.ts';
import { ask, readStdin } from './ask.ts';
import type { CliSession } from './cli-session.ts';

export interface PassphraseOptions {
  secrets?: boolean;
  passphraseStdin?: boolean;
}

/** `--secrets` and `--passphrase-stdin`: a passphrase is no argument, as arguments can be seen by others. */
export const addPassphraseOptions = (command: Command, what: string): Command =>
  command
    .option('--secrets', `${what}; asks for the passphrase`)
    .option('--passphrase-stdin', 'as --secrets, and read the passphrase from stdin');

/** @param isNew it is asked for twice. @throws OpsError VALIDATION when the two differ */
export const readPassphrase = async (
  session: Pick<CliSession, 'stdin' | 'stderr'>,
  { secrets = false, passphraseStdin = false }: PassphraseOptions,
  isNew: boolean,
): Promise<string | undefined> => {
  if (passphraseStdin) return readStdin(session.stdin);
  if (!secrets) return undefined;
  const otherwise = 'Give it with --passphrase-stdin.';
  const passphrase = await ask(session, 'Passphrase', { isSecret: true, otherwise });
  if (isNew && (await ask(session, 'The same again', { isSecret: true, otherwise })) !== passphrase)
    throw new OpsError('VALIDATION', 'The two passphrases differ. Nothing was exported.');
  return passphrase;
};
