import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { z } from 'zod';
import { TargetEnvironment } from '../../contracts/enums.ts';
import type { CredentialInput } from '../../contracts/target.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { ask, readStdin } from '../ask.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext, CliSession } from '../cli-session.ts';
import { collect, parseCount } from '../command-options.ts';
import { splitAssignment } from '../parse-variables.ts';

interface AddOptions {
  host: string;
  port: number;
  user: string;
  passwordStdin?: boolean;
  keyFile?: string;
  passphraseStdin?: boolean;
  os: string;
  environment?: TargetEnvironment;
  label?: string[];
}

const readKey = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new OpsError('VALIDATION', `The key file ${path} cannot be read (${cause.code ?? 'unknown reason'}).`, { cause });
  });

const readCredential = async (session: CliSession, options: AddOptions): Promise<z.input<typeof CredentialInput>> => {
  const { user: username, keyFile, passwordStdin = false, passphraseStdin = false } = options;
  if (keyFile !== undefined) {
    const private_key = await readKey(keyFile);
    return { credential_type: 'ssh_key', username, private_key, ...(passphraseStdin && { passphrase: await readStdin(session.stdin) }) };
  }
  if (passphraseStdin) throw new OpsError('VALIDATION', '--passphrase-stdin is the passphrase of a key: give --key-file too.');
  const password = passwordStdin
    ? await readStdin(session.stdin)
    : await ask(session, `Password of ${username} on ${options.host}`, {
        isSecret: true,
        otherwise: 'Give it with --password-stdin, or a key with --key-file.',
      });
  return { credential_type: 'password', username, password };
};

const add = async (context: CliContext, name: string, options: AddOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { host, port, os, environment, label = [] } = options;
  const labels = Object.fromEntries(label.map((text) => splitAssignment(text, '--label')));
  const credential = await readCredential(session, options);
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
  targets
    .command('add <name>')
    .description('add a machine that is reached by SSH; prints its serial')
    .requiredOption('--host <host>', 'DNS name or address')
    .addOption(new Option('--port <port>', 'port of its SSH server').argParser(parseCount).default(22))
    .requiredOption('--user <user>', 'account on the machine')
    .addOption(
      new Option('--password-stdin', 'read the password from stdin; without this and --key-file it is asked for').conflicts([
        'keyFile',
        'passphraseStdin',
      ]),
    )
    .option('--key-file <file>', 'log in with this private key')
    .option('--passphrase-stdin', 'read the passphrase of the key from stdin')
    .option('--os <type>', 'device type', 'linux')
    .addOption(new Option('--environment <name>', 'default development').choices(TargetEnvironment.options))
    .option('--label <name=value>', 'a label; may be given several times', collect)
    .action((name: string, options: AddOptions, command: Command) => add(context, name, options, command));
};
