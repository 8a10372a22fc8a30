import { Option } from 'commander';
import type { Command } from 'commander';
import { TargetEnvironment, TargetStatus } from '../../contracts/enums.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { collect } from '../command-options.ts';
import { splitAssignment } from '../parse-variables.ts';

interface SetOptions {
  selector?: string;
  environment?: TargetEnvironment;
  status?: TargetStatus;
  location?: string;
  dataCenter?: string;
  region?: string;
  label?: string[];
  removeLabel?: string[];
  dryRun?: boolean;
}

/** An empty text takes a field away. */
const orNull = (text: string): string | null => (text === '' ? null : text);

const changesOf = ({ environment, status, location, dataCenter, region, label, removeLabel }: SetOptions) => {
  const set = {
    ...(environment !== undefined && { environment }),
    ...(status !== undefined && { status }),
    ...(location !== undefined && { location: orNull(location) }),
    ...(dataCenter !== undefined && { data_center: orNull(dataCenter) }),
    ...(region !== undefined && { region: orNull(region) }),
  };
  return {
    ...(Object.keys(set).length > 0 && { set }),
    ...(label !== undefined && { add_labels: Object.fromEntries(label.map((text) => splitAssignment(text, '--label'))) }),
    ...(removeLabel !== undefined && { remove_labels: removeLabel }),
  };
};

const setAll = async (context: CliContext, serials: string[], options: SetOptions, command: Command): Promise<void> => {
  const { selector, dryRun = false } = options;
  if ((serials.length === 0) === (selector === undefined))
    throw new OpsError('VALIDATION', 'Name the targets, or give --selector; not both.');
  const changes = changesOf(options);
  if (Object.keys(changes).length === 0) throw new OpsError('VALIDATION', 'Say what shall change: see opsconductor targets set --help.');
  const session = await openSession(context, command);
  const which = selector === undefined ? { targets: serials } : { selector };
  const { total, changed } = await session.client.updateTargets({ ...which, ...changes, dry_run: dryRun });
  session.say(
    `${changed.length} of ${total} target(s) ${dryRun ? 'would be changed; nothing was' : 'changed'}; the others are so already.`,
  );
  await session.print({ total, changed, dry_run: dryRun }, changed.map((serial) => `${serial}\n`).join(''));
};

/** `targets set`. */
export const registerSetTargets = (targets: Command, context: CliContext): void => {
  targets
    .command('set [serial...]')
    .description('change several targets, all of them or none; prints those that were changed')
    .option('--selector <selector>', 'all targets that it fits, such as env=production,team!=web')
    .addOption(new Option('--environment <name>').choices(TargetEnvironment.options))
    .addOption(new Option('--status <status>', 'only active targets are run on').choices(TargetStatus.options))
    .option('--location <text>', 'an empty one takes it away')
    .option('--data-center <text>', 'an empty one takes it away')
    .option('--region <text>', 'an empty one takes it away')
    .option('--label <name=value>', 'give each of them this label; may be given several times', collect)
    .option('--remove-label <name>', 'take this label away; may be given several times', collect)
    .option('--dry-run', 'tell what would change, and change nothing')
    .action((serials: string[], options: SetOptions, command: Command) => setAll(context, serials, options, command));
};
