import { Option } from 'commander';
import type { Command } from 'commander';
import { TargetEnvironment } from '../../contracts/enums.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { collect, parseCount } from '../command-options.ts';
import { addLoginOptions, readCredential } from '../login-options.ts';
import type { LoginOptions } from '../login-options.ts';
import { splitAssignment } from '../parse-variables.ts';

interface AddOptions extends LoginOptions {
  host: string;
  port: number;
  os: string;
  environment?: TargetEnvironment;
  label?: string[];
}

const add = async (context: CliContext, name: string, options: AddOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { host, port, os, environment, label = [] } = options;
  const labels = Object.fromEntries(label.map((text) => splitAssignment(text, '--label')));
  const credential = await readCredential(session, options, host);
  const target = await session.client.createTarget({
    name,
    os_type: os,
    labels,
    ...(environment !== undefined && { environment }),
    methods: [{ method_type: 'ssh', host, port, credential }],
  });
  session.say(`Added ${target.name}. Try it: opsconductor targets test ${target.target_serial}`);
  await session.print(target, `${target.target_serial}\n`);
};

/** `targets add`. */
export const registerAddTarget = (targets: Command, context: CliContext): void => {
  addLoginOptions(targets.command('add <name>'))
    .description('add a machine that is reached by SSH; prints its serial')
    .requiredOption('--host <host>', 'DNS name or address')
    .addOption(new Option('--port <port>', 'port of its SSH server').argParser(parseCount).default(22))
    .requiredOption('--user <user>', 'account on the machine')
    .option('--os <type>', 'device type', 'linux')
    .addOption(new Option('--environment <name>', 'default development').choices(TargetEnvironment.options))
    .option('--label <name=value>', 'a label; may be given several times', collect)
    .action((name: string, options: AddOptions, command: Command) => add(context, name, options, command));
};
