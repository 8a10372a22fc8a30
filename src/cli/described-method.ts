import { Option } from 'commander';
import type { Command } from 'commander';
import type { MethodInput } from '../client/index.ts';
import { CommunicationMethodType } from '../contracts/enums.ts';
import type { CliSession } from './cli-session.ts';
import { collect, parseCount } from './command-options.ts';
import { changedOptions } from './method-options.ts';
import { addSecretOptions, readSecret } from './secret-options.ts';
import type { SecretOptions } from './secret-options.ts';

/** What says how a target is reached. */
export interface MethodOptions extends SecretOptions {
  host?: string;
  port?: number;
  set?: string[];
}

/** `--set OPTION=VALUE` of a method. */
export const setOption = (): Option =>
  new Option(
    '--set <option=value>',
    'an option of the method, such as timeout=30 or ca_certificate=@ca.pem; may be given several times',
  ).argParser(collect);

/** Gives a command the options that describe a whole method, its secret too. */
export const addMethodOptions = (command: Command): Command =>
  addSecretOptions(
    command.addOption(new Option('--type <protocol>', 'protocol').choices(CommunicationMethodType.options).makeOptionMandatory()),
  )
    .option('--host <host>', 'DNS name or address; all protocols but sqlite need it')
    .addOption(new Option('--port <port>', 'default that of the protocol').argParser(parseCount))
    .addOption(setOption());

/** The method that these options describe. @param otherwise what a question for the password names when there is no host. @throws OpsError VALIDATION */
export const describedMethod = async (
  session: CliSession,
  type: CommunicationMethodType,
  options: MethodOptions,
  otherwise: string,
): Promise<MethodInput> => {
  const { host, port, set } = options;
  const secret = await readSecret(session, options, host ?? otherwise);
  return {
    method_type: type,
    ...(host !== undefined && { host }),
    ...(port !== undefined && { port }),
    ...(set !== undefined && { config: await changedOptions({}, options) }),
    ...(secret !== undefined && { credential: secret }),
  } as MethodInput;
};
