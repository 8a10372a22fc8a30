import { Option } from 'commander';
import type { Command } from 'commander';
import { TargetEnvironment, TargetStatus } from '../../contracts/enums.ts';
import type { Target } from '../../contracts/target.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { limitOption } from '../command-options.ts';
import { allPages } from '../http/all-pages.ts';
import { cleanText } from '../terminal/clean-text.ts';
import { paintStatus } from '../terminal/paint.ts';
import { renderTable } from '../terminal/render-table.ts';
import { timeText } from '../terminal/time-text.ts';
import { registerAddTarget } from './target-add.ts';
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

const methodLines = (method: Target['methods'][number]): string[] => {
  const kinds = method.credentials.map((credential) => credential.credential_type).join(', ');
  const test =
    method.last_test_result === null
      ? 'never tested'
      : `${method.last_test_result} at ${timeText(method.last_tested_at)}: ${method.last_test_message ?? ''}`;
  return [
    `  ${method.method_name} (${method.method_type}) ${method.host ?? ''}:${method.port ?? ''}, credentials: ${kinds === '' ? 'none' : kinds}`,
    `    host key  ${method.host_key_fingerprint ?? 'not seen yet'}`,
    `    test      ${test}`,
    ...method.weaknesses.map((weakness) => `    weak      ${weakness}`),
  ];
};

const describe = (target: Target): string => {
  const labels = Object.entries(target.labels).map(([name, value]) => `${name}=${value}`);
  const lines = [
    `${target.target_serial}  ${target.name}`,
    `  status       ${target.status}, health ${target.health_status}`,
    `  system       ${target.os_type} (${target.target_type}), ${target.environment}`,
    `  labels       ${labels.length === 0 ? 'none' : labels.join(' ')}`,
    `  added        ${timeText(target.created_at)}`,
    ...(target.description === null ? [] : [`  description  ${target.description}`]),
    'methods',
    ...target.methods.flatMap(methodLines),
  ];
  return lines.map((line) => `${cleanText(line)}\n`).join('');
};

const show = async (context: CliContext, serial: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const target = await session.client.getTarget(serial);
  await session.print(target, describe(target));
};

const remove = async (context: CliContext, serial: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  await session.client.deleteTarget(serial);
  session.say(`Removed ${serial}; its record stays.`);
  if (session.isJson) await session.print({ target_serial: serial }, '');
};

/** `targets add|list|show|test|remove`. */
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
  registerTestTargets(targets, context);
  targets
    .command('remove <serial>')
    .description('remove a target; its record stays')
    .action((serial: string, _options: object, command: Command) => remove(context, serial, command));
};
