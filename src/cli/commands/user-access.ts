import type { Command } from 'commander';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { findUser } from '../find-user.ts';
import { allPages } from '../http/all-pages.ts';
import { renderTable } from '../terminal/render-table.ts';
import { SESSION_HEADINGS, TOKEN_HEADINGS, sessionRow, tokenRow } from '../user-text.ts';

const sessions = async (context: CliContext, name: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { user_uuid: uuid } = await findUser(session.client, name);
  const found = await Array.fromAsync(allPages((place) => session.client.listUserSessions(uuid, { ...place })));
  await session.print(found, renderTable([SESSION_HEADINGS, ...found.map(sessionRow)], { width: session.width }));
};

const endSessions = async (context: CliContext, name: string, which: string | undefined, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { user_uuid: uuid, username } = await findUser(session.client, name);
  if (which !== undefined) await session.client.revokeUserSession(uuid, which);
  const { ended } = which === undefined ? await session.client.revokeUserSessions(uuid) : { ended: 1 };
  session.say(`Ended ${ended} session${ended === 1 ? '' : 's'} of ${username}; API tokens go on.`);
  if (session.isData) await session.print({ ended }, '');
};

const tokens = async (context: CliContext, name: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { user_uuid: uuid } = await findUser(session.client, name);
  const found = await Array.fromAsync(allPages((place) => session.client.listUserTokens(uuid, { ...place })));
  await session.print(found, renderTable([TOKEN_HEADINGS, ...found.map(tokenRow)], { width: session.width }));
};

const revokeToken = async (context: CliContext, name: string, token: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { user_uuid: uuid, username } = await findUser(session.client, name);
  await session.client.revokeUserToken(uuid, token);
  session.say(`Revoked an API token of ${username}.`);
  if (session.isData) await session.print({ token_uuid: token }, '');
};

/** `users sessions|end-sessions|tokens|revoke-token`. */
export const registerUserAccess = (users: Command, context: CliContext): void => {
  users
    .command('sessions <user>')
    .description('list the sessions of an account')
    .action((name: string, _options: object, command: Command) => sessions(context, name, command));
  users
    .command('end-sessions <user> [session]')
    .description('end a session of an account, or all of them')
    .action((name: string, which: string | undefined, _options: object, command: Command) => endSessions(context, name, which, command));
  users
    .command('tokens <user>')
    .description('list the API tokens of an account')
    .action((name: string, _options: object, command: Command) => tokens(context, name, command));
  users
    .command('revoke-token <user> <token>')
    .description('end an API token of an account, by its uuid')
    .action((name: string, token: string, _options: object, command: Command) => revokeToken(context, name, token, command));
};
