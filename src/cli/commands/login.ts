import type { Command } from 'commander';
import { OpsError } from '../../domain/ops-error.ts';
import { createApiClient } from '../api-client.ts';
import type { ApiClient } from '../api-client.ts';
import { ask, readStdinLines } from '../ask.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { readClientConfig, writeClientConfig } from '../client-config.ts';

interface LoginOptions {
  username?: string;
  passwordStdin?: boolean;
}

interface Passwords {
  current: string;
  /** The new one that came on stdin, for an account that must change its password. */
  next: string | undefined;
}

const TRIES = 5;

const readPasswords = async (session: CliSession, { passwordStdin = false }: LoginOptions): Promise<Passwords> => {
  if (!passwordStdin)
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
const changePassword = async (session: CliSession, client: ApiClient, { current, next }: Passwords): Promise<void> => {
  session.say('This account must change its password first.');
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

const login = async (context: CliContext, options: LoginOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command, { isLoginNeeded: false });
  const { url } = session.client;
  const username = options.username ?? (await ask(session, 'Username', { otherwise: 'Give it with --username.' }));
  const passwords = await readPasswords(session, options);
  const { token, user, expires_at: expiresAt } = await session.client.login({ username, password: passwords.current });
  if (user.must_change_password) await changePassword(session, createApiClient({ url, token }), passwords);
  await writeClientConfig(context.config.client.configFile, { url, token, username: user.username });
  session.say(`Logged in at ${url} as ${user.username}.`);
  if (session.isJson) await session.print({ url, username: user.username, role: user.role, expires_at: expiresAt }, '');
};

const logout = async (context: CliContext, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { configFile } = context.config.client;
  await session.client.logout().catch((error: unknown) => {
    // A token that is refused has ended already.
    if (!(error instanceof OpsError) || error.code !== 'UNAUTHENTICATED') throw error;
  });
  const stored = await readClientConfig(configFile);
  if (stored !== undefined)
    await writeClientConfig(configFile, { url: stored.url, ...(stored.username !== undefined && { username: stored.username }) });
  session.say(`Logged out at ${session.client.url}.`);
  if (session.isJson) await session.print({ url: session.client.url }, '');
};

const whoami = async (context: CliContext, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const user = await session.client.me();
  await session.print({ url: session.client.url, ...user }, `${user.username} (${user.role}) at ${session.client.url}\n`);
};

/** `login`, `logout`, `whoami`. */
export const registerLogin = (program: Command, context: CliContext): void => {
  program
    .command('login')
    .description('log in and keep the token for the commands that follow')
    .option('--username <name>', 'user name or e-mail address; asked for when left out')
    .option('--password-stdin', 'read the password from stdin; a second line is the new password, for an account that must change it')
    .action((options: LoginOptions, command: Command) => login(context, options, command));
  program
    .command('logout')
    .description('end the session and forget its token')
    .action((_options: object, command: Command) => logout(context, command));
  program
    .command('whoami')
    .description('show the account in use')
    .action((_options: object, command: Command) => whoami(context, command));
};
