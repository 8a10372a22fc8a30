import type { Command } from 'commander';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { findUser } from '../find-user.ts';
import { userText } from '../user-text.ts';

/** Whoever cannot log in himself is told of the way past the API. */
const withHint = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof OpsError) || (error.code !== 'UNAUTHENTICATED' && error.code !== 'UNAVAILABLE')) throw error;
    const hint = `If nobody can log in any more: opsconductor db reset-password ${name}, where the database is.`;
    throw new OpsError(error.code, `${error.message}\n${hint}`, { cause: error });
  }
};

const resetPassword = (context: CliContext, name: string, command: Command): Promise<void> =>
  withHint(name, async () => {
    const session = await openSession(context, command);
    const { user_uuid: uuid } = await findUser(session.client, name);
    const reset = await session.client.resetUserPassword(uuid);
    session.say(`The sessions of ${reset.username} have ended; API tokens go on.`);
    await session.print(
      reset,
      `Next login: ${reset.username}, password ${reset.password ?? ''} (shown only now; it must be changed then)\n`,
    );
  });

const unlock = async (context: CliContext, name: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const user = await session.client.unlockUser((await findUser(session.client, name)).user_uuid);
  session.say(`${user.username} can log in again.`);
  await session.print(user, userText(user));
};

const requireChange = async (context: CliContext, name: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const user = await session.client.requirePasswordChange((await findUser(session.client, name)).user_uuid);
  session.say(`${user.username} must change the password before anything else.`);
  await session.print(user, userText(user));
};

/** `users reset-password|unlock|require-password-change`. */
export const registerUserLogins = (users: Command, context: CliContext): void => {
  users
    .command('reset-password <user>')
    .description('give an account a random password, printed once, that must be changed at the next login; ends its sessions')
    .action((name: string, _options: object, command: Command) => resetPassword(context, name, command));
  users
    .command('unlock <user>')
    .description('let an account log in again that is locked after wrong passwords')
    .action((name: string, _options: object, command: Command) => unlock(context, name, command));
  users
    .command('require-password-change <user>')
    .description('let an account do nothing else before it has changed its password')
    .action((name: string, _options: object, command: Command) => requireChange(context, name, command));
};
