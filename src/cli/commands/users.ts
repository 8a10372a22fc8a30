import { Option } from 'commander';
import type { Command } from 'commander';
import { UserRole } from '../../contracts/enums.ts';
import type { Permission } from '../../domain/permissions.ts';
import type { ListUsersOptions, UpdateUser, User } from '../../client/index.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { readStdin } from '../ask.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { collect, limitOption } from '../command-options.ts';
import { findUser } from '../find-user.ts';
import { allPages } from '../http/all-pages.ts';
import { renderTable } from '../terminal/render-table.ts';
import { timeText } from '../terminal/time-text.ts';
import { userState, userText } from '../user-text.ts';
import { registerUserAccess } from './user-access.ts';
import { registerUserLogins } from './user-logins.ts';

interface ListOptions {
  search?: string;
  role?: UserRole;
  active?: boolean;
  deactivated?: boolean;
  sort?: ListUsersOptions['sort'];
  limit: number;
}

interface AccountOptions {
  username?: string;
  email?: string;
  role?: UserRole;
  permission?: Permission[];
  noPermissions?: boolean;
}

const HEADINGS = ['USER', 'EMAIL', 'ROLE', 'STATE', 'LAST LOGIN'] as const;

const rowOf = (user: User): string[] => [
  user.username,
  user.email,
  user.permissions.length === 0 ? user.role : `${user.role}+${user.permissions.length}`,
  userState(user),
  user.last_login_at === null ? 'never' : timeText(user.last_login_at),
];

const list = async (context: CliContext, { limit, active, deactivated, ...filter }: ListOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const isActive = active === true ? 'true' : deactivated === true ? 'false' : undefined;
  const query = { ...filter, is_active: isActive };
  const users = await Array.fromAsync(allPages((place) => session.client.listUsers({ ...query, ...place }), { limit }));
  await session.print(users, renderTable([HEADINGS, ...users.map(rowOf)], { width: session.width }));
  if (users.length === limit) session.say(`The first ${limit}; more with --limit.`);
};

const show = async (context: CliContext, name: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const user = await findUser(session.client, name);
  await session.print(user, userText(user));
};

interface CreateOptions extends AccountOptions {
  email: string;
  passwordStdin?: boolean;
  keepPassword?: boolean;
}

const create = async (context: CliContext, username: string, options: CreateOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { email, role, permission, passwordStdin = false, keepPassword = false } = options;
  const password = passwordStdin ? await readStdin(session.stdin) : undefined;
  const made = await session.client.createUser({
    username,
    email,
    ...(role !== undefined && { role }),
    ...(permission !== undefined && { permissions: permission }),
    ...(password !== undefined && { password }),
    ...(keepPassword && { must_change_password: false }),
  });
  const login = made.password === undefined ? '' : `First login: ${made.username}, password ${made.password} (shown only now)\n`;
  session.say(`Added ${made.username}.`);
  await session.print(made, login);
};

const save = async (session: CliSession, name: string, input: UpdateUser, said: string): Promise<void> => {
  const user = await session.client.updateUser((await findUser(session.client, name)).user_uuid, input);
  session.say(said);
  await session.print(user, userText(user));
};

const change = async (context: CliContext, name: string, options: AccountOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { username, email, role, permission, noPermissions = false } = options;
  const permissions = noPermissions ? [] : permission;
  const input = {
    ...(username !== undefined && { username }),
    ...(email !== undefined && { email }),
    ...(role !== undefined && { role }),
    ...(permissions !== undefined && { permissions }),
  };
  if (Object.keys(input).length === 0) throw new OpsError('VALIDATION', 'Say what shall change: see opsconductor users change --help.');
  await save(session, name, input, `Changed ${name}.`);
};

const setActive = async (context: CliContext, name: string, isActive: boolean, command: Command): Promise<void> => {
  const said = isActive ? `${name} can log in again.` : `${name} is out: sessions have ended, and no API token of it works.`;
  await save(await openSession(context, command), name, { is_active: isActive }, said);
};

const roleOption = (): Option => new Option('--role <role>').choices(UserRole.options);
const PERMISSION = 'a permission on top of the role; may be given several times';

/** `users list|show|create|change|deactivate|activate`, and what concerns logins, sessions and tokens of an account. */
export const registerUsers = (program: Command, context: CliContext): void => {
  const users = program.command('users').alias('user').description('accounts; each is named by its user name or uuid');
  users
    .command('list')
    .description('list accounts, newest first')
    .option('--search <text>', 'part of the user name or mail address')
    .addOption(roleOption())
    .addOption(new Option('--active', 'only those that are active').conflicts('deactivated'))
    .option('--deactivated', 'only those that are not')
    .addOption(new Option('--sort <order>').choices(['created', '-created', 'username', '-username', 'last_login', '-last_login']))
    .addOption(limitOption(1_000))
    .action((options: ListOptions, command: Command) => list(context, options, command));
  users
    .command('show <user>')
    .description('show an account')
    .action((name: string, _options: object, command: Command) => show(context, name, command));
  users
    .command('create <username>')
    .description('add an account; without --password-stdin a random password is made and printed once')
    .requiredOption('--email <address>')
    .addOption(roleOption())
    .option('--permission <name>', PERMISSION, collect)
    .option('--password-stdin', 'read the password from stdin')
    .option('--keep-password', 'the first login need not choose another password')
    .action((username: string, options: CreateOptions, command: Command) => create(context, username, options, command));
  users
    .command('change <user>')
    .description('change an account; what no option names stays as it is')
    .option('--username <name>', 'new user name')
    .option('--email <address>', 'new mail address')
    .addOption(roleOption())
    .addOption(new Option('--permission <name>', `${PERMISSION}; replaces all that were given before`).argParser(collect))
    .addOption(new Option('--without-permissions', 'take all permissions on top of the role').conflicts('permission').default(false))
    .action((name: string, { withoutPermissions, ...options }: AccountOptions & { withoutPermissions: boolean }, command: Command) =>
      change(context, name, { ...options, noPermissions: withoutPermissions }, command),
    );
  users
    .command('deactivate <user>')
    .description('end the sessions of an account and let it in no more; its record stays')
    .action((name: string, _options: object, command: Command) => setActive(context, name, false, command));
  users
    .command('activate <user>')
    .description('let a deactivated account in again')
    .action((name: string, _options: object, command: Command) => setActive(context, name, true, command));
  registerUserLogins(users, context);
  registerUserAccess(users, context);
};
