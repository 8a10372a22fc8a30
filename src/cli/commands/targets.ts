import { Option } from 'commander';
import type { Command } from 'commander';
import { CommunicationMethodType, HealthStatus, TargetEnvironment, TargetStatus, TargetType } from '../../contracts/enums.ts';
import type { ListTargetsOptions, Target } from '../../client/index.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { limitOption } from '../command-options.ts';
import { allPages } from '../http/all-pages.ts';
import { paintStatus } from '../terminal/paint.ts';
import { renderTable } from '../terminal/render-table.ts';
import { targetText } from '../target-text.ts';
import { registerAddTarget } from './target-add.ts';
import { registerSetTargets } from './target-bulk.ts';
import { registerChangeTarget } from './target-change.ts';
import { registerTargetCredentials } from './target-credentials.ts';
import { registerAcceptHostKey } from './target-host-key.ts';
import { registerTargetMethods } from './target-methods.ts';
import { registerTestTargets } from './target-test.ts';
import { registerTargetViews } from './target-views.ts';

interface ListOptions {
  search?: string;
  selector?: string;
  environment?: TargetEnvironment;
  status?: TargetStatus;
  type?: TargetType;
  os?: string;
  health?: HealthStatus;
  protocol?: CommunicationMethodType;
  host?: string;
  location?: string;
  dataCenter?: string;
  region?: string;
  sort?: ListTargetsOptions['sort'];
  limit: number;
}

const HEADINGS = ['SERIAL', 'NAME', 'HOST', 'OS', 'ENVIRONMENT', 'STATUS', 'LAST TEST', 'WEAKNESSES'] as const;
const [STATUS_COLUMN, WEAKNESSES_COLUMN] = [5, 7];
const SORTS = ['created', '-created', 'name', '-name'];

const primaryOf = ({ methods }: Target): Target['methods'][number] | undefined => methods.find((method) => method.is_primary) ?? methods[0];

const addressOf = (target: Target): string => {
  const method = primaryOf(target);
  return method === undefined ? '' : `${method.host ?? ''}:${method.port ?? ''}`;
};

/** What protects its methods less than it could, in short: `ssl is off: …` is why. */
const weaknessesOf = ({ methods }: Target): string =>
  [
    ...new Set(
      methods.filter((method) => method.is_active).flatMap(({ weaknesses }) => weaknesses.map((text) => text.split(':')[0] ?? '')),
    ),
  ].join(', ');

const rowOf = (target: Target): string[] => [
  target.target_serial,
  target.name,
  addressOf(target),
  target.os_type,
  target.environment,
  target.status,
  primaryOf(target)?.last_test_result ?? 'never',
  weaknessesOf(target),
];

const list = async (context: CliContext, { limit, ...filter }: ListOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { type, os, health, protocol, dataCenter, ...named } = filter;
  const query = { ...named, target_type: type, os_type: os, health_status: health, method_type: protocol, data_center: dataCenter };
  const targets = await Array.fromAsync(allPages((place) => session.client.listTargets({ ...query, ...place }), { limit }));
  const paint = (text: string, column: number, row: readonly string[]): string =>
    column >= STATUS_COLUMN && column < WEAKNESSES_COLUMN ? paintStatus(session.paint, row[column] ?? '', text) : text;
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
  if (session.isData) await session.print({ target_serial: serial }, '');
};

/** `targets add|list|show|change|set|test|accept-host-key|methods|credentials|statistics|types|runs|jobs|remove`. */
export const registerTargets = (program: Command, context: CliContext): void => {
  const targets = program.command('targets').alias('target').description('the machines that jobs run on');
  registerAddTarget(targets, context);
  targets
    .command('list')
    .description('list targets')
    .option('--search <text>', 'part of the name, or a serial')
    .addOption(new Option('--environment <name>').choices(TargetEnvironment.options))
    .addOption(new Option('--status <status>').choices(TargetStatus.options))
    .option('--selector <selector>', 'those that it fits, such as env=production,team!=web')
    .addOption(new Option('--type <type>').choices(TargetType.options))
    .option('--os <type>', 'device type')
    .addOption(new Option('--health <health>').choices(HealthStatus.options))
    .addOption(new Option('--protocol <protocol>', 'of a method that is switched on').choices(CommunicationMethodType.options))
    .option('--host <host>', 'address or name of the machine')
    .option('--location <text>')
    .option('--data-center <text>')
    .option('--region <text>')
    .addOption(new Option('--sort <order>', 'a - before it turns it round; default the newest first').choices(SORTS))
    .addOption(limitOption(1_000))
    .action((options: ListOptions, command: Command) => list(context, options, command));
  targets
    .command('show <serial>')
    .description('show a target')
    .action((serial: string, _options: object, command: Command) => show(context, serial, command));
  registerChangeTarget(targets, context);
  registerTestTargets(targets, context);
  registerAcceptHostKey(targets, context);
  registerTargetMethods(targets, context);
  registerTargetCredentials(targets, context);
  registerSetTargets(targets, context);
  registerTargetViews(targets, context);
  targets
    .command('remove <serial>')
    .description('remove a target; its record stays')
    .action((serial: string, _options: object, command: Command) => remove(context, serial, command));
};
