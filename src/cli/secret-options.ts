import type { Command } from 'commander';
import { OpsError } from '../domain/ops-error.ts';
import { readStdin } from './ask.ts';
import type { CliSession } from './cli-session.ts';
import { addLoginOptions, readCredential } from './login-options.ts';
import type { LoginOptions } from './login-options.ts';

/** A secret of any type; a password and a key have options of their own. */
export interface SecretOptions extends Partial<LoginOptions> {
  secretStdin?: boolean;
}

/** Gives a command the options of a secret. None of them is the secret itself: arguments can be seen by others. */
export const addSecretOptions = (command: Command): Command =>
  addLoginOptions(command)
    .option('--user <user>', 'log in as this user, with a password or a key')
    .option(
      '--secret-stdin',
      'read any secret from stdin as JSON, such as {"credential_type": "api_token", "token": "…"} or {"credential_type": "snmp_community", "community": "…"}',
    );

const parseSecret = (text: string): object => {
  try {
    const secret: unknown = JSON.parse(text);
    if (typeof secret === 'object' && secret !== null) return secret;
  } catch {
    // The text of the error would show the secret.
  }
  throw new OpsError('VALIDATION', 'What came on stdin is no JSON object with a credential_type and the parts of the secret.');
};

/** The secret that the options name; undefined when they name none. @param host for the question. @throws OpsError VALIDATION */
export const readSecret = async (session: CliSession, options: SecretOptions, host: string): Promise<object | undefined> => {
  const { user, secretStdin = false, keyFile, passwordStdin, passphraseStdin } = options;
  if (secretStdin) {
    if (user !== undefined) throw new OpsError('VALIDATION', '--secret-stdin is the whole secret, its user name too: leave out --user.');
    return parseSecret(await readStdin(session.stdin));
  }
  if (user !== undefined) return readCredential(session, { ...options, user }, host);
  if ([keyFile, passwordStdin, passphraseStdin].some((option) => option !== undefined))
    throw new OpsError('VALIDATION', 'A key or password needs --user too.');
  return undefined;
};
