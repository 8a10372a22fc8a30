import { Option } from 'commander';
import type { Command } from 'commander';
import { TargetEnvironment, TargetStatus } from '../../contracts/enums.ts';
import type { Target } from '../../contracts/target.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { limitOption } from '../command-options.ts';
import { allPages } from '../http/all-pages.ts';
import { paintStatus } from '../terminal/paint.ts';
import { renderTable } from '../terminal/render-table.ts';
import { targetText } from '../target-text.ts';
import { registerAddTarget } from './target-add.ts';
import { registerChangeTarget } from './target-change.ts';
import { registerAcceptHostKey } from './target-host-key.ts';
import { registerTestTargets } from './target-test.ts';

interface ListOptions {
  search?: string;
  environment?: string;
  status?: string;
  host?: string;
  limit: number;
}

const HEADINGS = ['SERIAL', 'NAME', 'HOST', 'OS', 'ENVIRONMENT', 'STATUS', 'LAST TEST'] as const;
const STATUS_COLUMN = 5;

const primaryOf = ({ methods }: Target): Target['methods'][number] | undefined => methods.find((method) => method.is_primary) ?? methods[0];

const addressOf = (target: Target): string => {
  const method = primaryOf(target);
  return method === undefined ? '' : `${method.host ?? ''}:${method.port ?? ''}`;
};

const rowOf = (target: Target): string[] => [
  target.target_serial,
  target.name,
  addressOf(target),
  target.os_type,
  target.environment,
  target.status,
  primaryOf(target)?.last_test_result ?? 'never',
];

const list = async (context: CliContext, { limit, ...filter }: ListOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { search, environment, status, host } = filter;
  const query = { search, environment, status, host };
  const targets = await Array.fromAsync(allPages((place) => session.client.listTargets({ ...query, ...place }), { limit }));
  const paint = (text: string, column: number, row: readonly string[]): string =>
    column >= STATUS_COLUMN ? paintStatus(session.paint, row[column] ?? '', text) : text;
  await session.print(targets, renderTable([HEADINGS, ...targets.map(rowOf)], { width: session.width, paint }));
  if (targets.length === limit) session.say(`The first ${limit}; more with --limit.`);
};

const show = async (context: CliContext, serial: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const target = await session.client.getTarget(serial);
  await session.print(target, targetText(target));
};

const remove = async (context: CliContext, serial: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  await session.client.deleteTarget(serial);
  session.say(`Removed ${serial}; its record stays.`);
  if (session.isJson) await session.print({ target_serial: serial }, '');
};

/** `targets add|list|show|change|test|accept-host-key|remove`. */
export const registerTargets = (program: Command, context: CliContext): void => {
  const targets = program.command('targets').alias('target').description('the machines that jobs run on');
  registerAddTarget(targets, context);
  targets
    .command('list')
    .description('list targets, newest first')
    .option('--search <text>', 'part of the name, or a serial')
    .addOption(new Option('--environment <name>').choices(TargetEnvironment.options))
    .addOption(new Option('--status <status>').choices(TargetStatus.options))
    .option('--host <host>', 'address or name of the machine')
    .addOption(limitOption(1_000))
    .action((options: ListOptions, command: Command) => list(context, options, command));
  targets
    .command('show <serial>')
    .description('show a target')
    .action((serial: string, _options: object, command: Command) => show(context, serial, command));
  registerChangeTarget(targets, context);
  registerTestTargets(targets, context);
  registerAcceptHostKey(targets, context);
  targets
    .command('remove <serial>')
    .description('remove a target; its record stays')
    .action((serial: string, _options: object, command: Command) => remove(context, serial, command));
};
