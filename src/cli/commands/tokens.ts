import { Option } from 'commander';
import type { Command } from 'commander';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { collect, parseCount } from '../command-options.ts';
import { allPages } from '../http/all-pages.ts';
import { renderTable } from '../terminal/render-table.ts';
import { TOKEN_HEADINGS, ownedTokenRow, tokenRow } from '../user-text.ts';

const DAY_MS = 86_400_000;

const listAll = async (session: CliSession): Promise<void> => {
  const tokens = await Array.fromAsync(allPages((place) => session.client.listAllTokens({ ...place })));
  await session.print(tokens, renderTable([['USER', ...TOKEN_HEADINGS], ...tokens.map(ownedTokenRow)], { width: session.width }));
};

const list = async (context: CliContext, all: boolean, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  if (all) return listAll(session);
  const tokens = await Array.fromAsync(allPages((place) => session.client.listApiTokens({ ...place })));
  return session.print(tokens, renderTable([TOKEN_HEADINGS, ...tokens.map(tokenRow)], { width: session.width }));
};

interface CreateOptions {
  scope: string[];
  days?: number;
}

const create = async (context: CliContext, name: string, { scope, days }: CreateOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const expiresAt = days === undefined ? null : new Date(Date.now() + days * DAY_MS).toISOString();
  const made = await session.client.createApiToken({ name, scopes: scope, expires_at: expiresAt });
  session.say(`Made ${name}. The token is shown only now; whoever has it may do what its scopes say.`);
  await session.print(made, `${made.token ?? ''}\n`);
};

/** A token by its uuid, or by its name, which is one's own. */
const uuidOf = async (session: CliSession, which: string): Promise<string> => {
  const tokens = await Array.fromAsync(allPages((place) => session.client.listApiTokens({ ...place })));
  const found = tokens.find((token) => token.token_uuid === which || token.name === which);
  if (found === undefined) throw new OpsError('NOT_FOUND', `You have no token ${which}. See: opsconductor tokens list`);
  return found.token_uuid;
};

const revoke = async (context: CliContext, which: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const uuid = await uuidOf(session, which);
  await session.client.revokeApiToken(uuid);
  session.say(`Revoked ${which}.`);
  if (session.isData) await session.print({ token_uuid: uuid }, '');
};

/** `tokens list|create|revoke`. */
export const registerTokens = (program: Command, context: CliContext): void => {
  const tokens = program.command('tokens').alias('token').description('API tokens, with which programs log in');
  tokens
    .command('list')
    .description('list your API tokens')
    .option('--all', 'those of everybody')
    .action(({ all = false }: { all?: boolean }, command: Command) => list(context, all, command));
  tokens
    .command('create <name>')
    .description('make an API token and print it, once')
    .requiredOption('--scope <permission>', 'what it may do; may be given several times', collect)
    .addOption(new Option('--days <n>', 'it ends after so many days; without this it does not').argParser(parseCount))
    .action((name: string, options: CreateOptions, command: Command) => create(context, name, options, command));
  tokens
    .command('revoke <token>')
    .description('end an API token of yours at once, by its name or uuid')
    .action((which: string, _options: object, command: Command) => revoke(context, which, command));
};
