import { Option } from 'commander';
import type { Command } from 'commander';
import { TargetEnvironment, TargetStatus } from '../../contracts/enums.ts';
import type { MethodInput, Target } from '../../client/index.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { collect, parseCount } from '../command-options.ts';
import { addLoginOptions, readCredential } from '../login-options.ts';
import type { LoginOptions } from '../login-options.ts';
import { changedOptions } from '../method-options.ts';
import { targetText } from '../target-text.ts';

interface ChangeOptions extends Partial<LoginOptions> {
  name?: string;
  description?: string;
  environment?: TargetEnvironment;
  status?: TargetStatus;
  method?: string;
  host?: string;
  port?: number;
  set?: string[];
  unset?: string[];
}

type Method = Target['methods'][number];

const misuse = (message: string): OpsError => new OpsError('VALIDATION', message);

const configOf = async (config: Method['config'], options: ChangeOptions): Promise<Method['config']> =>
  Object.fromEntries(Object.entries({ ...config, ...(await changedOptions(config, options)) }).filter(([, value]) => value !== null));

/** As the API takes it; without a credential it keeps the one it has. */
const asInput = ({ method_type, method_name, host, port, is_primary, is_active, priority, config }: Method) => ({
  method_type,
  method_name,
  is_primary,
  is_active,
  priority,
  config,
  ...(host !== null && { host, port }),
});

const methodToChange = ({ methods, target_serial: serial }: Target, name: string | undefined): Method => {
  const found =
    name === undefined
      ? (methods.find(({ is_primary: isPrimary }) => isPrimary) ?? methods[0])
      : methods.find((method) => method.method_name === name);
  if (found !== undefined) return found;
  const names = methods.map(({ method_name: known }) => known).join(', ');
  throw misuse(`Target ${serial} has no method ${name ?? ''}; it has ${names}.`);
};

/** All methods of the target, one of them changed: the API replaces them as a whole, and says what does not fit. */
const changedMethods = async (session: CliSession, serial: string, options: ChangeOptions): Promise<MethodInput[]> => {
  const target = await session.client.getTarget(serial);
  const method = methodToChange(target, options.method);
  const { host, port, user } = options;
  const changed = {
    ...asInput(method),
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    config: await configOf(method.config, options),
    ...(user !== undefined && { credential: await readCredential(session, { ...options, user }, host ?? method.host ?? serial) }),
  };
  return target.methods.map((one) => (one === method ? changed : asInput(one)) as MethodInput);
};

const METHOD_OPTIONS = ['host', 'port', 'user', 'set', 'unset'] as const;
const LOGIN_OPTIONS = ['keyFile', 'passwordStdin', 'passphraseStdin'] as const;

const change = async (context: CliContext, serial: string, options: ChangeOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { name, description, environment, status, user, method } = options;
  if (user === undefined && LOGIN_OPTIONS.some((option) => options[option] !== undefined))
    throw misuse('A new key or password needs --user too: the stored user name is sealed with the old one.');
  const isMethod = METHOD_OPTIONS.some((option) => options[option] !== undefined);
  if (method !== undefined && !isMethod)
    throw misuse('--method says which method --host, --port, --user, --set or --unset change: give one of them.');
  const input = {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description: description === '' ? null : description }),
    ...(environment !== undefined && { environment }),
    ...(status !== undefined && { status }),
    ...(isMethod && { methods: await changedMethods(session, serial, options) }),
  };
  if (Object.keys(input).length === 0) throw misuse('Say what shall change: see opsconductor targets change --help.');
  const target = await session.client.updateTarget(serial, input);
  session.say(`Changed ${serial}.`);
  await session.print(target, targetText(target));
};

/** `targets change`. */
export const registerChangeTarget = (targets: Command, context: CliContext): void => {
  addLoginOptions(targets.command('change <serial>'))
    .description('change a target; what no option names stays as it is')
    .option('--name <name>', 'new name')
    .option('--description <text>', 'new description; an empty one takes it away')
    .addOption(new Option('--environment <name>').choices(TargetEnvironment.options))
    .addOption(new Option('--status <status>', 'only active targets are run on').choices(TargetStatus.options))
    .option('--method <name>', 'the method that the following options change; default the primary one')
    .option('--host <host>', 'new DNS name or address; its host key is forgotten')
    .addOption(new Option('--port <port>', 'new port; its host key is forgotten').argParser(parseCount))
    .option('--user <user>', 'new account, with a key or a password')
    .option(
      '--set <option=value>',
      'an option of the method, such as timeout=30 or ca_certificate=@ca.pem; may be given several times',
      collect,
    )
    .option('--unset <option>', 'leave an option at its default; may be given several times', collect)
    .action((serial: string, options: ChangeOptions, command: Command) => change(context, serial, options, command));
};
