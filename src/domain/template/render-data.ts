import { HOLE } from './holes.ts';
import type { Filling } from './render-posix.ts';
import { refuse } from './value.ts';
import type { TemplateValue } from './value.ts';

const isWellFormed = ({ source, value }: Filling): void => {
  if (!value.isWellFormed()) throw refuse(source, 'it is no valid text (half of a UTF-16 pair)');
};

interface JsonFilling extends Filling {
  typed: TemplateValue;
}

/**
 * The text of each reference in a JSON text: inside a string escaped for it, outside the whole value as JSON.
 * @throws OpsError VALIDATION where a reference is glued to something else outside of a string
 */
export const renderJson = (scanned: string, fillings: readonly JsonFilling[]): string[] => {
  const texts: string[] = [];
  let isString = false;
  for (let at = 0; at < scanned.length; at += 1) {
    const char = scanned[at];
    const filling = fillings[texts.length];
    if (char === '"') isString = !isString;
    if (char === '\\' && isString) {
      if (scanned[at + 1] === HOLE && filling !== undefined) throw refuse(filling.source, 'a \\ stands before it');
      at += 1;
    }
    if (char !== HOLE || filling === undefined) continue;
    const isAlone = /^[\s[{,:]?$/.test(scanned.slice(Math.max(0, at - 1), at)) && /^[\s\]},:]?$/.test(scanned.slice(at + 1, at + 2));
    if (!isString && !isAlone) throw refuse(filling.source, 'it is glued to other text outside of a JSON string');
    texts.push(isString ? JSON.stringify(filling.value).slice(1, -1) : JSON.stringify(filling.typed));
  }
  return texts;
};

const HOST = /^[A-Za-z0-9._-]+$/;
const IPV6 = /^(?=.*:.*:)[0-9A-Fa-f:.]+$/;
const AUTHORITY = /^[a-z][a-z0-9+.-]*:\/\/[^/?#\\]*/i;
const DOTS = /^(?:\.|%2e){1,2}$/i;

const encode = (filling: Filling): string => {
  isWellFormed(filling);
  return encodeURIComponent(filling.value).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
};

const encodeHost = ({ source, value }: Filling, before: string, after: string): string => {
  const start = before.replace(/^.*(?:@|\/\/)/, '');
  const isWhole = start === '' && /^(?::|$)/.test(after);
  if (start.replace(/^\[.*\]/, '').includes(':')) {
    if (/^\d{1,5}$/.test(value)) return value;
  } else if (HOST.test(value)) return value;
  else if (IPV6.test(value) && (isWhole || (start === '[' && after.startsWith(']')))) return isWhole ? `[${value}]` : value;
  throw refuse(source, 'it stands where the host or the port of a URL does, and it is neither');
};

/**
 * The text of each reference in a URL, percent-encoded; as host or port it must be one.
 * @throws OpsError VALIDATION where a value would change which host or folder is meant
 */
export const renderUrl = (scanned: string, fillings: readonly Filling[]): string[] => {
  const authority = AUTHORITY.exec(scanned)?.[0] ?? '';
  const scheme = scanned.startsWith(HOLE);
  let at = -1;
  const texts = fillings.map((filling, index) => {
    at = scanned.indexOf(HOLE, at + 1);
    if (index === 0 && scheme) throw refuse(filling.source, 'a URL cannot begin with it; write its http:// or https://, or ${raw:NAME}');
    const isHost = at < authority.length && !authority.slice(at).includes('@');
    return isHost ? encodeHost(filling, authority.slice(0, at), authority.slice(at + 1)) : encode(filling);
  });
  checkSegments(scanned, authority.length, fillings, texts);
  return texts;
};

/** A segment `.` or `..` would lead to another folder. */
const checkSegments = (scanned: string, from: number, fillings: readonly Filling[], texts: readonly string[]): void => {
  let index = scanned.slice(0, from).split(HOLE).length - 1;
  const [path = ''] = scanned.slice(from).split(/[?#]/);
  for (const segment of path.split(/[/\\]/)) {
    const first = index;
    const filled = segment.replaceAll(HOLE, () => texts[index++] ?? '');
    if (index > first && DOTS.test(filled)) throw refuse(fillings[first]?.source ?? '', 'it makes a . or .. in the path');
    // `//` at the beginning of a path would make what follows a host.
    if (index > first && from === 0 && first === 0 && filled === '')
      throw refuse(fillings[0]?.source ?? '', 'it is empty, and the path begins with it');
  }
};

/** One line, as a header or the prompt of a device has it. @throws OpsError VALIDATION */
export const renderHeader = (fillings: readonly Filling[]): string[] =>
  fillings.map(({ source, value }) => {
    if (/\p{Cc}/u.test(value))
      throw refuse(source, 'it holds a line break or another control character, and only one line may stand there');
    return value;
  });
