import { chmod, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { OpsError } from '../domain/ops-error.ts';
import { readUpRecord } from '../embedded/up-record.ts';
import { writeFileDurably } from '../embedded/write-file-durably.ts';
import type { ApiAddress } from './http/send-request.ts';

const DEFAULT_URL = 'http://127.0.0.1:4680';

const ClientConfig = z.object({ url: z.url(), token: z.string().optional(), username: z.string().optional() });

/** What a login leaves behind for the commands that follow. */
export type ClientConfig = z.infer<typeof ClientConfig>;

/** @throws OpsError VALIDATION when the file is not what this program writes. */
export const readClientConfig = async (configFile: string): Promise<ClientConfig | undefined> => {
  const text = await readFile(configFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new OpsError('VALIDATION', `${configFile} cannot be read (${error.code ?? 'unknown reason'}).`, { cause: error });
  });
  if (text === undefined) return undefined;
  try {
    return ClientConfig.parse(JSON.parse(text));
  } catch (cause) {
    throw new OpsError('VALIDATION', `${configFile} is damaged. Remove it and log in again: opsconductor login.`, { cause });
  }
};

/** Writes the file for its owner alone: it holds a token. */
export const writeClientConfig = async (configFile: string, value: ClientConfig): Promise<void> => {
  const folder = dirname(configFile);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await writeFileDurably(configFile, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
};

/** One way to write an address, so that addresses can be compared. @throws OpsError VALIDATION */
export const normalUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new OpsError('VALIDATION', `"${text}" is not an address of an API: it looks like http://127.0.0.1:4680.`);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
};

/**
 * Where the API is: --url, OPSCONDUCTOR_URL, the last login, the `up` that runs here, the default. The token is OPSCONDUCTOR_TOKEN,
 * or the one of the last login, which is never sent to another address than its own.
 */
export const resolveAddress = async (
  { client, home }: Pick<Config, 'client' | 'home'>,
  urlOption: string | undefined,
): Promise<ApiAddress> => {
  const stored = await readClientConfig(client.configFile);
  const known = urlOption ?? client.url ?? stored?.url ?? (await readUpRecord(home))?.urls.api;
  const url = normalUrl(known ?? DEFAULT_URL);
  const storedToken = stored !== undefined && normalUrl(stored.url) === url ? stored.token : undefined;
  return { url, token: client.token ?? storedToken };
};
