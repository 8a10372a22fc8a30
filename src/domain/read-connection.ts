import type { CommunicationMethodType } from '../contracts/enums.ts';
import { methodOfScheme } from './connection-scheme.ts';
import { parseTemplate } from './template/parse-template.ts';

/** Options that say how well a connection is protected. */
const PROTECTING: ReadonlySet<string> = new Set([
  'ssl_mode',
  'ssl',
  'verify_certs',
  'encrypt',
  'trust_server_certificate',
  'protocol',
  'ca_certificate',
  'server_name',
]);

/** Stands for a reference; no text of an action holds it. */
const MARK = '\u0001';

/** What a connectionString says of its protection, as far as its text shows it. */
export interface WrittenConnection {
  /** Undefined: a reference decides. */
  methodType: CommunicationMethodType | undefined;
  /** Of the options that protect, those that are written out. */
  options: Readonly<Record<string, string | boolean>>;
  /** Options whose value, or name, comes from a reference. */
  open: readonly string[];
  hasCredential: boolean;
}

const typed = (text: string): string | boolean => (text === 'true' || text === 'false' ? text === 'true' : text);

/** Reads the scheme and the options of a `connectionString` with references in it. Values are escaped for their place, so they add no option. */
export const readConnection = (connectionString: string): WrittenConnection => {
  const { parts } = parseTemplate(connectionString);
  const text = parts.map((part) => (part.kind === 'text' ? part.text : MARK)).join('');
  const isRaw = parts.some((part) => part.kind === 'reference' && part.isRaw);
  const query = /\?([^#]*)/.exec(text)?.[1] ?? '';
  const given = [...new URLSearchParams(query)];
  const open = given.flatMap(([name, value]) => (name.includes(MARK) || (PROTECTING.has(name) && value.includes(MARK)) ? [name] : []));
  return {
    methodType: isRaw ? undefined : methodOfScheme(/^([a-z]+):\/\//i.exec(text)?.[1]?.toLowerCase() ?? ''),
    options: Object.fromEntries(
      given.flatMap(([name, value]) => (PROTECTING.has(name) && !open.includes(name) ? [[name, typed(value)] as const] : [])),
    ),
    open: open.map((name) => name.replaceAll(MARK, '…')),
    hasCredential: /:\/\/[^/?#]*@/.test(text),
  };
};
