import { OpsError } from '../domain/ops-error.ts';
import type { ApiClient } from './api-client.ts';
import { ask, readStdinLines } from './ask.ts';
import type { CliSession } from './cli-session.ts';

export interface Passwords {
  current: string;
  /** The new one that came on stdin. */
  next: string | undefined;
}

const TRIES = 5;

/** The password, asked for or from stdin, whose second line is a new one. */
export const readPasswords = async (session: CliSession, isStdin: boolean): Promise<Passwords> => {
  if (!isStdin)
    return { current: await ask(session, 'Password', { isSecret: true, otherwise: 'Give it with --password-stdin.' }), next: undefined };
  const [current = '', next] = await readStdinLines(session.stdin);
  return { current, next };
};

const askNewPassword = async (session: CliSession): Promise<string> => {
  for (;;) {
    const next = await ask(session, 'New password', { isSecret: true, otherwise: 'Give it as the second line after --password-stdin.' });
    if (next === (await ask(session, 'New password again', { isSecret: true }))) return next;
    session.say('The two are not the same.');
  }
};

/** Goes on asking when the server does not take the new password (too short); one that came on stdin is tried once. */
export const changePassword = async (session: CliSession, client: ApiClient, { current, next }: Passwords): Promise<void> => {
  for (let tries = 1; ; tries += 1) {
    try {
      await client.changePassword({ current_password: current, new_password: next ?? (await askNewPassword(session)) });
      return;
    } catch (error) {
      if (!(error instanceof OpsError) || error.code !== 'VALIDATION' || !session.stdin.isTTY || next !== undefined || tries === TRIES)
        throw error;
      session.say(error.message);
    }
  }
};
