import type { Command } from 'commander';
import type { Config } from '../config.ts';
import { OpsError } from '../domain/ops-error.ts';
import { createApiClient } from './api-client.ts';
import type { ApiClient } from './api-client.ts';
import { resolveAddress } from './client-config.ts';
import { paintFor } from './terminal/paint.ts';
import type { Paint } from './terminal/paint.ts';

/** What commands read from and write to; the streams are the process's own, but tests give others. */
export interface CliContext {
  config: Config;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

/** One command at work: data goes to stdout, as text for people or, with --json, as one document; talk goes to stderr. */
export interface CliSession extends CliContext {
  client: ApiClient;
  isJson: boolean;
  /** Colours of stdout. */
  paint: Paint;
  /** Columns of stdout; undefined when it is no terminal and nothing is to be cut. */
  width: number | undefined;
  print(data: unknown, text: string): Promise<void>;
  say: (text: string) => void;
}

const write = (stream: NodeJS.WriteStream, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });

/** @param isLoginNeeded false: the command works without a token. @throws OpsError UNAUTHENTICATED when there is no token. */
export const openSession = async (context: CliContext, command: Command, { isLoginNeeded = true } = {}): Promise<CliSession> => {
  const { config, stdout, stderr } = context;
  const { url, json = false } = command.optsWithGlobals<{ url?: string; json?: boolean }>();
  const address = await resolveAddress(config, url);
  if (isLoginNeeded && address.token === undefined) {
    throw new OpsError('UNAUTHENTICATED', `Not logged in at ${address.url}. Log in with: opsconductor login (or set OPSCONDUCTOR_TOKEN).`);
  }
  return {
    ...context,
    client: createApiClient(address),
    isJson: json,
    paint: paintFor(stdout, config.noColor),
    width: stdout.isTTY ? stdout.columns : undefined,
    print: (data, text) => write(stdout, json ? `${JSON.stringify(data, null, 2)}\n` : text),
    say: (text) => void stderr.write(`${text}\n`),
  };
};
