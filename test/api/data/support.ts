import { parse } from 'yaml';
import type { ImportReport } from '../../../src/contracts/data-transfer.ts';
import type { TestPlatform } from '../../support/platform.ts';

type Item = Record<string, unknown>;

export interface ImportOptions {
  mode?: string;
  validate?: boolean;
  type?: string;
  passphrase?: string;
  headers?: Record<string, string>;
  token?: string;
}

/** Sends a document, as text or as what becomes JSON. */
export const sendImport = (platform: TestPlatform, document: unknown, options: ImportOptions = {}) => {
  const { mode = 'merge', validate = false, type = 'application/json', passphrase, headers = {}, token = platform.token } = options;
  return platform.call(token, 'POST', `/api/v1/data/import?mode=${mode}&validate_only=${validate}`, document, {
    'content-type': type,
    ...(passphrase !== undefined && { 'x-passphrase': encodeURIComponent(passphrase) }),
    ...headers,
  });
};

/** As sendImport; the report of an import that was begun. */
export const importInto = async (platform: TestPlatform, document: unknown, options: ImportOptions = {}): Promise<ImportReport> => {
  const { status, body } = await sendImport(platform, document, options);
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body;
};

/** As sendImport, answered in lines. */
export const importLines = async (platform: TestPlatform, document: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  platform.app.request('/api/v1/data/import', {
    method: 'POST',
    headers: {
      authorization: `Bearer ${platform.token}`,
      'content-type': 'application/json',
      accept: 'application/x-ndjson',
      ...headers,
    },
    body: JSON.stringify(document),
  });

/** The text of an export. */
export const exportText = async (platform: TestPlatform, input: object): Promise<string> => {
  const response = await platform.app.request('/api/v1/data/export', {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.token}`, 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(text);
  return text;
};

export const exportAll = async (platform: TestPlatform, input: object): Promise<{ items: Item[] }> =>
  JSON.parse(await exportText(platform, input));

export const exportYaml = async (platform: TestPlatform, input: object): Promise<{ items: Item[] }> =>
  parse(await exportText(platform, { ...input, format: 'yaml' }), { maxAliasCount: 0 });

/** Items without what each installation gives itself. */
export const plainItems = ({ items }: { items: Item[] }): Item[] => items.map(({ serial: _, uuid: __, ...item }) => item);
