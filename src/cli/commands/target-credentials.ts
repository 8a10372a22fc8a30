import { Option } from 'commander';
import type { Command } from 'commander';
import type { Credential, CredentialSecret } from '../../client/index.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { openSession } from '../cli-session.ts';
import type { CliContext } from '../cli-session.ts';
import { addSecretOptions, readSecret } from '../secret-options.ts';
import type { SecretOptions } from '../secret-options.ts';
import { renderTable } from '../terminal/render-table.ts';
import { timeText } from '../terminal/time-text.ts';

interface CredentialOptions extends SecretOptions {
  name?: string;
  primary?: boolean;
  on?: boolean;
  off?: boolean;
}

const HEADINGS = ['UUID', 'NAME', 'TYPE', 'USED', 'CHANGED'] as const;

const usedText = ({ is_primary: isPrimary, is_active: isActive }: Credential): string => {
  if (isPrimary) return 'yes';
  return isActive ? 'spare' : 'switched off';
};

const table = (credentials: readonly Credential[], width?: number): string => {
  const rows = credentials.map((one) => [
    one.credential_uuid,
    one.credential_name,
    one.credential_type,
    usedText(one),
    timeText(one.updated_at),
  ]);
  return renderTable([HEADINGS, ...rows], { width });
};

const list = async (context: CliContext, serial: string, method: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const { data } = await session.client.listCredentials(serial, method);
  await session.print(data, table(data, session.width));
};

const show = async (context: CliContext, serial: string, method: string, uuid: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const credential = await session.client.getCredential(serial, method, uuid);
  await session.print(credential, table([credential], session.width));
};

const add = async (context: CliContext, serial: string, method: string, options: CredentialOptions, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  const secret = await readSecret(session, options, serial);
  if (secret === undefined) throw new OpsError('VALIDATION', 'Give the secret: --user with a password or a key, or --secret-stdin.');
  const { name, primary } = options;
  const credential = await session.client.addCredential(serial, method, {
    ...(name !== undefined && { credential_name: name }),
    ...(primary === true && { is_primary: true }),
    secret: withoutName(secret),
  });
  session.say(`Added ${credential.credential_name}.`);
  await session.print(credential, table([credential], session.width));
};

/** A login has a name of its own only where it comes with a method. */
const withoutName = (secret: object): CredentialSecret =>
  Object.fromEntries(Object.entries(secret).filter(([field]) => field !== 'credential_name')) as unknown as CredentialSecret;

const change = async (
  context: CliContext,
  { serial, method, uuid }: { serial: string; method: string; uuid: string },
  options: CredentialOptions,
  command: Command,
): Promise<void> => {
  const session = await openSession(context, command);
  const { name, primary, on, off } = options;
  const secret = await readSecret(session, options, serial);
  const input = {
    ...(name !== undefined && { credential_name: name }),
    ...(primary === true && { is_primary: true as const }),
    ...((on === true || off === true) && { is_active: on === true }),
    ...(secret !== undefined && { secret: withoutName(secret) }),
  };
  if (Object.keys(input).length === 0)
    throw new OpsError('VALIDATION', 'Say what shall change: see opsconductor targets credentials change --help.');
  const credential = await session.client.updateCredential(serial, method, uuid, input);
  session.say(`Changed ${credential.credential_name}.`);
  await session.print(credential, table([credential], session.width));
};

const remove = async (context: CliContext, serial: string, method: string, uuid: string, command: Command): Promise<void> => {
  const session = await openSession(context, command);
  await session.client.deleteCredential(serial, method, uuid);
  session.say('Removed the credential; its secret is gone.');
  if (session.isData) await session.print({ credential_uuid: uuid }, '');
};

/** `targets credentials list|show|add|change|remove`. */
export const registerTargetCredentials = (targets: Command, context: CliContext): void => {
  const credentials = targets.command('credentials').alias('credential').description('what the methods of a target log in with');
  credentials
    .command('list <serial> <method>')
    .description('list what is known of the credentials of a method; secrets are never shown')
    .action((serial: string, method: string, _options: object, command: Command) => list(context, serial, method, command));
  credentials
    .command('show <serial> <method> <uuid>')
    .description('show what is known of one credential; its secret is never shown')
    .action((serial: string, method: string, uuid: string, _options: object, command: Command) =>
      show(context, serial, method, uuid, command),
    );
  addSecretOptions(credentials.command('add <serial> <method>').description('add a credential; the first one of a method is used'))
    .option('--name <name>', 'default: default')
    .option('--primary', 'log in with it from now on')
    .action((serial: string, method: string, options: CredentialOptions, command: Command) =>
      add(context, serial, method, options, command),
    );
  addSecretOptions(
    credentials.command('change <serial> <method> <uuid>').description('change a credential; without a new secret the stored one stays'),
  )
    .option('--name <name>', 'new name')
    .option('--primary', 'log in with it from now on')
    .addOption(new Option('--on', 'it may be used').conflicts('off'))
    .option('--off', 'it is not used')
    .action((serial: string, method: string, uuid: string, options: CredentialOptions, command: Command) =>
      change(context, { serial, method, uuid }, options, command),
    );
  credentials
    .command('remove <serial> <method> <uuid>')
    .description('remove a credential; its secret is gone')
    .action((serial: string, method: string, uuid: string, _options: object, command: Command) =>
      remove(context, serial, method, uuid, command),
    );
};
