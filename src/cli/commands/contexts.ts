import type { Command } from 'commander';
import { OpsError } from '../../domain/ops-error.ts';
import type { CliContext } from '../cli-session.ts';
import { contextNamed, readClientConfig, writeClientConfig } from '../client-config.ts';
import type { ClientConfig } from '../client-config.ts';
import { documentText, outputOf } from '../output.ts';
import { renderTable } from '../terminal/render-table.ts';

const HEADINGS = ['', 'NAME', 'ADDRESS', 'USER', 'LOGIN'] as const;

/** Never the token. */
const shown = ({ current, contexts }: ClientConfig) =>
  Object.entries(contexts).map(([name, { url, username, token }]) => ({
    name,
    url,
    username: username ?? null,
    is_current: name === current,
    has_token: token !== undefined,
  }));

const list = async ({ config, stdout }: CliContext, command: Command): Promise<void> => {
  const contexts = shown(await readClientConfig(config.client.configFile));
  const form = outputOf(command);
  const rows = contexts.map((one) => [one.is_current ? '*' : '', one.name, one.url, one.username ?? '', one.has_token ? 'kept' : 'none']);
  stdout.write(form === 'table' ? renderTable([HEADINGS, ...rows]) : documentText(form, contexts));
};

/** Changes the file and says what was done. */
const change = async (
  { config, stderr }: CliContext,
  next: (before: ClientConfig) => { config: ClientConfig; text: string },
): Promise<void> => {
  const { configFile } = config.client;
  const { config: after, text } = next(await readClientConfig(configFile));
  await writeClientConfig(configFile, after);
  stderr.write(`${text}\n`);
};

const use = (name: string) => (before: ClientConfig) => {
  const { url } = contextNamed(before, name);
  return { config: { ...before, current: name }, text: `Commands talk to ${url} now (context ${name}).` };
};

const rename = (name: string, next: string) => (before: ClientConfig) => {
  const context = contextNamed(before, name);
  if (Object.hasOwn(before.contexts, next)) throw new OpsError('CONFLICT', `There is a context "${next}" already. Remove it first.`);
  const { [name]: _, ...others } = before.contexts;
  const current = before.current === name ? next : before.current;
  return {
    config: { ...(current !== undefined && { current }), contexts: { ...others, [next]: context } },
    text: `Context ${name} is named ${next} now.`,
  };
};

const remove = (name: string) => (before: ClientConfig) => {
  const { url } = contextNamed(before, name);
  const { [name]: _, ...contexts } = before.contexts;
  const { current } = before;
  return {
    config: { ...(current !== undefined && current !== name && { current }), contexts },
    text: `Forgot ${name} (${url}). Its session goes on until it ends by itself: \`opsconductor logout\` would have ended it.`,
  };
};

/** `contexts list|use|rename|remove`. */
export const registerContexts = (program: Command, context: CliContext): void => {
  const contexts = program.command('contexts').alias('context').description('the logins that commands choose from with --context');
  contexts
    .command('list')
    .description('list the logins that are kept on this machine; * is the one in use')
    .action((_options: object, command: Command) => list(context, command));
  contexts
    .command('use <name>')
    .description('use this login from now on')
    .action((name: string) => change(context, use(name)));
  contexts
    .command('rename <name> <new-name>')
    .description('give a login another name')
    .action((name: string, next: string) => change(context, rename(name, next)));
  contexts
    .command('remove <name>')
    .description('forget a login')
    .action((name: string) => change(context, remove(name)));
};
