import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { OpsError } from '../domain/ops-error.ts';
import { createApiClient } from './api-client.ts';
import type { ApiClient } from './api-client.ts';
import { resolveAddress } from './client-config.ts';
import type { ResolvedAddress } from './client-config.ts';
import { documentText, itemText, outputOf } from './output.ts';
import { paintFor } from './terminal/paint.ts';
import type { Paint } from './terminal/paint.ts';

/** What commands read from and write to; the streams are the process's own, but tests give others. */
export interface CliContext {
  config: Config;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

/** One command at work: data goes to stdout, as text for people or, with --output, as one document; talk goes to stderr. */
export interface CliSession extends CliContext {
  client: ApiClient;
  /** Where the client calls, and which context of the config file that is. */
  address: ResolvedAddress;
  /** The output is for programs (--output json or yaml). */
  isData: boolean;
  /** Colours of stdout. */
  paint: Paint;
  /** Columns of stdout; undefined when it is no terminal and nothing is to be cut. */
  width: number | undefined;
  /** Prints what the command found: once. */
  print(data: unknown, text: string): Promise<void>;
  /** Prints one of many things as they come, a JSON line or a YAML document each. */
  printItem(data: unknown, text: string): Promise<void>;
  say: (text: string) => void;
}

const write = (stream: NodeJS.WriteStream, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });

/** @param isLoginNeeded false: the command works without a token. @throws OpsError UNAUTHENTICATED when there is no token. */
export const openSession = async (context: CliContext, command: Command, { isLoginNeeded = true } = {}): Promise<CliSession> => {
  const { config, stdout, stderr } = context;
  const { url, context: name } = command.optsWithGlobals<{ url?: string; context?: string }>();
  const form = outputOf(command);
  const address = await resolveAddress(config, { url, context: name, isNewContextAllowed: !isLoginNeeded });
  if (isLoginNeeded && address.token === undefined) {
    throw new OpsError('UNAUTHENTICATED', `Not logged in at ${address.url}. Log in with: opsconductor login (or set OPSCONDUCTOR_TOKEN).`);
  }
  const say = (text: string): void => void stderr.write(`${text}\n`);
  return {
    ...context,
    client: createApiClient(address, say),
    address,
    isData: form !== 'table',
    paint: paintFor(stdout, config.noColor),
    width: stdout.isTTY ? stdout.columns : undefined,
    print: (data, text) => write(stdout, form === 'table' ? text : documentText(form, data)),
    printItem: (data, text) => write(stdout, form === 'table' ? text : itemText(form, data)),
    say,
  };
};
