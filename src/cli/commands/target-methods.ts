import { Option } from 'commander';
import type { Command } from 'commander';
import type { CommunicationMethodType } from '../../contracts/enums.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { collect, parseCount } from '../command-options.ts';
import { addMethodOptions, describedMethod, setOption } from '../described-method.ts';
import type { MethodOptions } from '../described-method.ts';
import { changedOptions } from '../method-options.ts';
import { methodText } from '../target-text.ts';
import { registerTestMethod } from './target-method-test.ts';

interface AddOptions extends MethodOptions {
  name?: string;
  primary?: boolean;
  priority?: number;
}

interface ChangeOptions {
  host?: string;
  port?: number;
  name?: string;
  primary?: boolean;
  on?: boolean;
  off?: boolean;
  priority?: number;
  set?: string[];
  unset?: string[];
}

const list = async (context: CliContext, serial: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { data } = await session.client.listTargetMethods(serial);
  await session.print(data, data.map(methodText).join(''));
};

const add = async (
  context: CliContext,
  serial: string,
  type: CommunicationMethodType,
  options: AddOptions,
  command: Command,
): Promise<void> => {
  const session = await openSession(context, command);
  const { name, primary, priority } = options;
  const method = await session.client.addTargetMethod(serial, {
    ...(await describedMethod(session, type, options, serial)),
    ...(name !== undefined && { method_name: name }),
    ...(primary === true && { is_primary: true }),
    ...(priority !== undefined && { priority }),
  });
  session.say(`Added ${method.method_name}. Try it: opsconductor targets test ${serial} --method ${method.method_name}`);
  await session.print(method, methodText(method));
};

const change = async (context: CliContext, serial: string, name: string, options: ChangeOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { host, port, name: newName, primary, on, off, priority, set, unset } = options;
  const before = set === undefined && unset === undefined ? undefined : await session.client.getTargetMethod(serial, name);
  const method = await session.client.updateTargetMethod(serial, name, {
    ...(newName !== undefined && { method_name: newName }),
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(primary === true && { is_primary: true }),
    ...((on === true || off === true) && { is_active: on === true }),
    ...(priority !== undefined && { priority }),
    ...(before !== undefined && { config: await changedOptions(before.config, options) }),
  });
  session.say(`Changed ${method.method_name}.`);
  await session.print(method, methodText(method));
};

const remove = async (context: CliContext, serial: string, name: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  await session.client.deleteTargetMethod(serial, name);
  session.say(`Removed ${name} of ${serial}, with its credentials.`);
  if (session.isData) await session.print({ target_serial: serial, method_name: name }, '');
};

/** `targets methods list|add|test|change|remove`. */
export const registerTargetMethods = (targets: Command, context: CliContext): void => {
  const methods = targets.command('methods').alias('method').description('the ways to reach a target');
  methods
    .command('list <serial>')
    .description('list the methods of a target, the primary one first')
    .action((serial: string, _options: object, command: Command) => list(context, serial, command));
  addMethodOptions(methods.command('add <serial>').description('add a method to a target, behind those that it has'))
    .option('--name <name>', 'default the protocol and a number')
    .option('--primary', 'use it first from now on')
    .addOption(new Option('--priority <n>', 'place in the order of those that are not primary').argParser(parseCount))
    .action((serial: string, options: AddOptions & { type: CommunicationMethodType }, command: Command) =>
      add(context, serial, options.type, options, command),
    );
  registerTestMethod(methods, context);
  methods
    .command('change <serial> <method>')
    .description('change a method; what no option names stays as it is')
    .option('--host <host>', 'its host key is forgotten')
    .addOption(new Option('--port <port>', 'its host key is forgotten').argParser(parseCount))
    .option('--name <name>', 'new name')
    .option('--primary', 'use it first from now on')
    .addOption(new Option('--on', 'it may be used').conflicts('off'))
    .option('--off', 'it is not used; when it was the primary one, the next by priority becomes it')
    .addOption(new Option('--priority <n>', 'place in the order of those that are not primary').argParser(parseCount))
    .addOption(setOption())
    .option('--unset <option>', 'leave an option at its default; may be given several times', collect)
    .action((serial: string, name: string, options: ChangeOptions, command: Command) => change(context, serial, name, options, command));
  methods
    .command('remove <serial> <method>')
    .description('remove a method with its credentials')
    .action((serial: string, name: string, _options: object, command: Command) => remove(context, serial, name, command));
};
