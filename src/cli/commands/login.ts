import { Option } from 'commander';
import type { Command } from 'commander';
import type { SessionCreated } from '../../client/index.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { createApiClient } from '../api-client.ts';
import { ask } from '../ask.ts';
import { changePassword, readPasswords } from '../change-password.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { loginByOidc } from '../oidc-login.ts';
import { nameOfUrl, normalUrl, readClientConfig, writeClientConfig } from '../client-config.ts';
import type { ApiContext, ResolvedAddress } from '../client-config.ts';

interface LoginOptions {
  username?: string;
  passwordStdin?: boolean;
  oidc?: boolean;
  browser: boolean;
}

/** @returns the session, of an account that need not change its password any more. */
const enterByPassword = async (session: CliSession, { username: given, passwordStdin = false }: LoginOptions): Promise<SessionCreated> => {
  const { url } = session.client;
  const username = given ?? (await ask(session, 'Username', { otherwise: 'Give it with --username.' }));
  const passwords = await readPasswords(session, passwordStdin);
  const entered = await session.client.login({ username, password: passwords.current });
  if (entered.user.must_change_password) {
    session.say('This account must change its password first.');
    await changePassword(session, createApiClient({ url, token: entered.token }), passwords);
  }
  return entered;
};

const keepLogin = async ({ config }: CliContext, name: string, login: ApiContext): Promise<void> => {
  const { configFile } = config.client;
  const { contexts } = await readClientConfig(configFile);
  await writeClientConfig(configFile, { current: name, contexts: { ...contexts, [name]: login } });
};

/** The context stays, so that the next login needs no address. */
const forgetToken = async ({ config }: CliContext, { url, token }: ResolvedAddress): Promise<void> => {
  const { configFile } = config.client;
  const stored = await readClientConfig(configFile);
  const contexts = Object.entries(stored.contexts).map(([name, context]): [string, ApiContext] => {
    const { token: kept, ...rest } = context;
    return [name, normalUrl(context.url) === url && kept === token ? rest : context];
  });
  await writeClientConfig(configFile, { ...stored, contexts: Object.fromEntries(contexts) });
};

const login = async (context: CliContext, options: LoginOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command, { isLoginNeeded: false });
  const { url } = session.client;
  const entered = await (options.oidc === true
    ? loginByOidc(session, options.browser && session.stderr.isTTY)
    : enterByPassword(session, options));
  const { token, user, expires_at: expiresAt } = entered;
  const name = session.address.context ?? nameOfUrl(url);
  await keepLogin(context, name, { url, token, username: user.username });
  session.say(`Logged in at ${url} as ${user.username}.`);
  if (session.isData) await session.print({ url, context: name, username: user.username, role: user.role, expires_at: expiresAt }, '');
};

const logout = async (context: CliContext, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  await session.client.logout().catch((error: unknown) => {
    // A token that is refused has ended already.
    if (!(error instanceof OpsError) || error.code !== 'UNAUTHENTICATED') throw error;
  });
  await forgetToken(context, session.address);
  session.say(`Logged out at ${session.client.url}.`);
  if (session.isData) await session.print({ url: session.client.url }, '');
};

const whoami = async (context: CliContext, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const user = await session.client.getProfile();
  await session.print({ url: session.client.url, ...user }, `${user.username} (${user.role}) at ${session.client.url}\n`);
};

/** `login`, `logout`, `whoami`. */
export const registerLogin = (program: Command, context: CliContext): void => {
  program
    .command('login')
    .description('log in and keep the token for the commands that follow; with --context under this name')
    .option('--username <name>', 'user name or e-mail address; asked for when left out')
    .option('--password-stdin', 'read the password from stdin; a second line is the new password, for an account that must change it')
    .addOption(new Option('--oidc', 'log in at the OIDC provider, with a browser of this machine').conflicts(['username', 'passwordStdin']))
    .option('--no-browser', 'with --oidc: open no browser, only tell the address')
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
