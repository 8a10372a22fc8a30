import type { Command } from 'commander';
import { changePassword, readPasswords } from '../change-password.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { renderTable } from '../terminal/render-table.ts';

const password = async (context: CliContext, isStdin: boolean, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  await changePassword(session, session.client, await readPasswords(session, isStdin));
  session.say('The password is changed; all other sessions have ended.');
};

const profile = async (context: CliContext, email: string | undefined, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const user = await (email === undefined ? session.client.getProfile() : session.client.updateProfile({ email }));
  await session.print(user, `${user.username} <${user.email}>, ${user.role}\n`);
};

const permissions = async (context: CliContext, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const table = await session.client.getPermissions();
  const yes = (list: readonly string[], name: string): string => (list.includes(name) ? 'yes' : '');
  const { viewer = [], operator = [], admin = [] } = table.roles;
  const rows = admin.map((name) => [name, yes(viewer, name), yes(operator, name), yes(admin, name), yes(table.own, name)]);
  await session.print(table, renderTable([['PERMISSION', 'VIEWER', 'OPERATOR', 'ADMIN', 'YOU'], ...rows], { width: session.width }));
};

/** `password`, `profile`, `permissions`. */
export const registerAccount = (program: Command, context: CliContext): void => {
  program
    .command('password')
    .description('change your password; ends all your other sessions')
    .option('--password-stdin', 'read the password and, in a second line, the new one from stdin')
    .action(({ passwordStdin = false }: { passwordStdin?: boolean }, command: Command) => password(context, passwordStdin, command));
  program
    .command('profile')
    .description('show your account, or change your mail address')
    .option('--email <address>', 'new mail address')
    .action(({ email }: { email?: string }, command: Command) => profile(context, email, command));
  program
    .command('permissions')
    .description('say what each role may do, and you')
    .action((_options: object, command: Command) => permissions(context, command));
};
