/** An element: its name without prefix, its attributes likewise, its elements, and the text directly in it. */
export interface XmlElement {
  name: string;
  attributes: Readonly<Record<string, string>>;
  children: readonly XmlElement[];
  text: string;
}

interface Building {
  name: string;
  tag: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  text: string;
}

const TOKEN =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<\/([^\s>]+)\s*>|<([^\s/>!?]+)((?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/y;
const ATTRIBUTE = /([^\s=]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const NAMED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
const DEEPEST = 100;
const LAST_CODE_POINT = 0x10_ff_ff;

const ESCAPES: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;', "'": '&apos;' };

/** Text as it may stand in an element or an attribute. Characters that XML cannot hold become U+FFFD. */
export const escapeXml = (text: string): string =>
  // oxlint-disable-next-line no-control-regex -- those are what XML cannot hold
  text.replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '\ufffd').replaceAll(/[<>&"']/g, (sign) => ESCAPES[sign] ?? sign);

const unescape = (text: string): string =>
  text.replaceAll(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return NAMED[name] ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
    return code <= LAST_CODE_POINT ? String.fromCodePoint(code) : whole;
  });

const local = (name: string): string => name.slice(name.indexOf(':') + 1);

const attributesOf = (text: string): Record<string, string> =>
  Object.fromEntries([...text.matchAll(ATTRIBUTE)].map(([, name = '', double, single]) => [local(name), unescape(double ?? single ?? '')]));

/** Reads the answers of WS-Management: elements, attributes, text, CDATA and entities; no document types. @throws Error when it is no such text. */
export const parseXml = (source: string): XmlElement => {
  const root: Building = { name: '', tag: '', attributes: {}, children: [], text: '' };
  const open: Building[] = [root];
  const xml = source.startsWith('\ufeff') ? source.slice(1) : source;
  const token = new RegExp(TOKEN);
  while (token.lastIndex < xml.length) {
    const found = token.exec(xml);
    const parent = open.at(-1);
    if (found === null || parent === undefined) throw new Error('the answer is not XML');
    const [, data, closes, tag, attributes = '', isEmpty, text] = found;
    if (data !== undefined) parent.text += data;
    if (text !== undefined) parent.text += unescape(text);
    if (tag !== undefined) {
      const element = { name: local(tag), tag, attributes: attributesOf(attributes), children: [], text: '' };
      parent.children.push(element);
      if (isEmpty !== '/') open.push(element);
      if (open.length > DEEPEST) throw new Error('the answer is nested too deep');
    }
    if (closes !== undefined && (parent.tag !== closes || open.pop() === root)) throw new Error('the answer is not well-formed XML');
  }
  const [element] = root.children;
  if (open.length !== 1 || element === undefined || root.children.length !== 1) throw new Error('the answer is not one whole XML element');
  return element;
};

/** All elements of this name, at any depth, in their order. */
export const findAll = (element: XmlElement, name: string): XmlElement[] =>
  element.children.flatMap((child) => [...(child.name === name ? [child] : []), ...findAll(child, name)]);

export const findFirst = (element: XmlElement, name: string): XmlElement | undefined => findAll(element, name)[0];
