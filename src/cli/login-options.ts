import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { CredentialInput } from '../client/index.ts';
import { OpsError } from '../domain/ops-error.ts';
import { ask, readStdin } from './ask.ts';
import type { CliSession } from './cli-session.ts';

/** How to log in to a machine. */
export interface LoginOptions {
  user: string;
  passwordStdin?: boolean;
  keyFile?: string;
  passphraseStdin?: boolean;
}

/** Gives a command the options of a login, but `--user`. */
export const addLoginOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--password-stdin', 'read the password from stdin; without this and --key-file it is asked for').conflicts([
        'keyFile',
        'passphraseStdin',
      ]),
    )
    .option('--key-file <file>', 'log in with this private key')
    .option('--passphrase-stdin', 'read the passphrase of the key from stdin');

const readKey = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new OpsError('VALIDATION', `The key file ${path} cannot be read (${cause.code ?? 'unknown reason'}).`, { cause });
  });

/** The credential that the options name; a password that none names is asked for. @param host for the question. @throws OpsError VALIDATION */
export const readCredential = async (session: CliSession, options: LoginOptions, host: string): Promise<CredentialInput> => {
  const { user: username, keyFile, passwordStdin = false, passphraseStdin = false } = options;
  if (keyFile !== undefined) {
    const private_key = await readKey(keyFile);
    return { credential_type: 'ssh_key', username, private_key, ...(passphraseStdin && { passphrase: await readStdin(session.stdin) }) };
  }
  if (passphraseStdin) throw new OpsError('VALIDATION', '--passphrase-stdin is the passphrase of a key: give --key-file too.');
  const password = passwordStdin
    ? await readStdin(session.stdin)
    : await ask(session, `Password of ${username} on ${host}`, {
        isSecret: true,
        otherwise: 'Give it with --password-stdin, or a key with --key-file.',
      });
  return { credential_type: 'password', username, password };
};
