import { chmod, mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { OpsError } from '../domain/ops-error.ts';
import { readUpRecord } from '../embedded/up-record.ts';
import { writeFileDurably } from '../embedded/write-file-durably.ts';
import type { ApiAddress } from './api-client.ts';

const DEFAULT_URL = 'http://127.0.0.1:4680';

const ApiContext = z.object({ url: z.url(), token: z.string().optional(), username: z.string().optional() });
const ClientConfig = z.object({ current: z.string().optional(), contexts: z.record(z.string(), ApiContext) });

/** One OpsConductor that was logged in to. */
export type ApiContext = z.infer<typeof ApiContext>;

/** What logins leave behind for the commands that follow. */
export type ClientConfig = z.infer<typeof ClientConfig>;

/** An address and its context. */
export interface ResolvedAddress extends ApiAddress {
  /** The one that was asked for, else the one of this address. */
  context: string | undefined;
}

/** One way to write an address, so that addresses can be compared. @throws OpsError VALIDATION */
export const normalUrl = (text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new OpsError('VALIDATION', `"${text}" is not an address of an API: it looks like http://127.0.0.1:4680.`);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
};

/** The name of a context that nobody has named: its address without `http://`. */
export const nameOfUrl = (url: string): string => normalUrl(url).replace(/^https?:\/\//, '');

/** Before there were contexts the file held one login. */
const parseConfigFile = (value: unknown): ClientConfig => {
  const old = ApiContext.safeParse(value);
  if (!old.success) return ClientConfig.parse(value);
  const name = nameOfUrl(old.data.url);
  return { current: name, contexts: { [name]: old.data } };
};

/** @throws OpsError VALIDATION when the file is not what this program writes. */
export const readClientConfig = async (configFile: string): Promise<ClientConfig> => {
  const text = await readFile(configFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new OpsError('VALIDATION', `${configFile} cannot be read (${error.code ?? 'unknown reason'}).`, { cause: error });
  });
  if (text === undefined) return { contexts: {} };
  try {
    return parseConfigFile(JSON.parse(text));
  } catch (cause) {
    throw new OpsError('VALIDATION', `${configFile} is damaged. Remove it and log in again: opsconductor login.`, { cause });
  }
};

/** Writes the file for its owner alone: it holds tokens. */
export const writeClientConfig = async (configFile: string, value: ClientConfig): Promise<void> => {
  const folder = dirname(configFile);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await writeFileDurably(configFile, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
};

/** @throws OpsError NOT_FOUND naming the contexts that there are. */
export const contextNamed = ({ contexts }: ClientConfig, name: string): ApiContext => {
  const found = Object.hasOwn(contexts, name) ? contexts[name] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(contexts);
  const known = names.length === 0 ? 'there is none yet; a login makes one' : `there are ${names.join(', ')}`;
  throw new OpsError('NOT_FOUND', `There is no context "${name}": ${known}.`);
};

/** Names of the contexts of this address; the preferred one first. */
const contextsAt = ({ contexts }: ClientConfig, url: string, preferred: string | undefined): string[] =>
  Object.entries(contexts)
    .flatMap(([name, context]) => (normalUrl(context.url) === url ? [name] : []))
    .toSorted((one, other) => Number(other === preferred) - Number(one === preferred));

interface Choice {
  /** --url */
  url: string | undefined;
  /** --context */
  context: string | undefined;
  /** A context that is named need not be there yet: a login makes it. */
  isNewContextAllowed?: boolean;
}

/**
 * Where the API is: --url, --context, OPSCONDUCTOR_URL, OPSCONDUCTOR_CONTEXT, the context in use, the `up` that runs here, the default. The token is
 * OPSCONDUCTOR_TOKEN, or that of a context with this address: a token is never sent to another address than its own.
 * @throws OpsError NOT_FOUND, VALIDATION
 */
export const resolveAddress = async (
  { client, home }: Pick<Config, 'client' | 'home'>,
  { url: urlOption, context: contextOption, isNewContextAllowed = false }: Choice,
): Promise<ResolvedAddress> => {
  const stored = await readClientConfig(client.configFile);
  const named = contextOption ?? (client.url === undefined ? client.context : undefined);
  const isNew = named !== undefined && isNewContextAllowed && !Object.hasOwn(stored.contexts, named);
  const inUse = stored.current === undefined ? undefined : stored.contexts[stored.current];
  const fromContext = named === undefined ? inUse?.url : isNew ? undefined : contextNamed(stored, named).url;
  const fromEnvironment = contextOption === undefined || isNew ? client.url : undefined;
  const known = urlOption ?? fromEnvironment ?? fromContext ?? (await readUpRecord(home))?.urls.api;
  const url = normalUrl(known ?? DEFAULT_URL);
  const [found] = contextsAt(stored, url, named ?? stored.current);
  const storedToken = found === undefined ? undefined : stored.contexts[found]?.token;
  return { url, token: client.token ?? storedToken, context: named ?? found };
};
