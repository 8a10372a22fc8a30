import { HOLE, placeAll } from './holes.ts';
import { hasPending, lose } from './posix-scan.ts';
import type { CommandFrame, HereDocument, PosixScan } from './posix-scan.ts';

const OPERATOR = /<<(-?)[ \t]*(?:'([^'\n\0]*)'|"([^"\\$`\n\0]*)"|(\\?)([A-Za-z0-9_]+))(?=[\s;&|()<>]|$)/y;

/** Expansions that dash and bash end at the same character. */
const SIMPLE_EXPANSIONS = /\$\([^()'"`\\$\n\0]*\)|\$\{[^'"`\\${}\n\0]*\}/g;
const UNCLEAR = /`|\$[({[]|\\[\n\0]/;
/** A value would become part of the name. */
const NAME_BEFORE = /\$[A-Za-z0-9_]*\0/;

/** At `<<`: a here-document, or `<<<`. */
export const readHereOperator = (scan: PosixScan, frame: CommandFrame): void => {
  if (scan.text.startsWith('<<<', scan.at)) {
    scan.at += 3;
    return;
  }
  OPERATOR.lastIndex = scan.at;
  const found = OPERATOR.exec(scan.text);
  if (found === null) return lose(scan, 'the end word of a here-document before it is no plain word');
  const [whole, dash, single, double, escape, bare] = found;
  const delimiter = single ?? double ?? bare ?? '';
  frame.pending.push({ delimiter, stripsTabs: dash === '-', isLiteral: bare === undefined || escape === '\\' });
  scan.at += whole.length;
};

/** Lines as the shell compares them with the delimiter. */
export const isDelimiter = (line: string, { delimiter, stripsTabs }: HereDocument): boolean =>
  (stripsTabs ? line.replace(/^\t+/, '') : line) === delimiter;

const ASCII_END = 0x7f;

/** Does it begin as the delimiter does, and go on with a character beyond ASCII? dash loses a byte of such a line. */
export const isMangled = (line: string, { delimiter, stripsTabs }: HereDocument): boolean => {
  const text = stripsTabs ? line.replace(/^\t+/, '') : line;
  let same = 0;
  while (same < delimiter.length && text[same] === delimiter[same]) same += 1;
  return same > 0 && text.charCodeAt(same) > ASCII_END;
};

/** Where the body that begins at `from` ends, and where its end line does. */
const bodyEnd = (text: string, from: number, document: HereDocument): { end: number; next: number } => {
  let at = from;
  while (at < text.length) {
    const lineEnd = text.indexOf('\n', at);
    const end = lineEnd === -1 ? text.length : lineEnd;
    if (isDelimiter(text.slice(at, end), document)) return { end: at, next: Math.min(end + 1, text.length) };
    at = end + 1;
  }
  return { end: text.length, next: text.length };
};

const isUnclear = (body: string): boolean => {
  const rest = body.replaceAll(SIMPLE_EXPANSIONS, ' ');
  return UNCLEAR.test(rest) || NAME_BEFORE.test(rest);
};

const readBody = (scan: PosixScan, document: HereDocument): void => {
  const { end, next } = bodyEnd(scan.text, scan.at, document);
  const body = scan.text.slice(scan.at, end);
  if (!document.isLiteral && isUnclear(body)) return lose(scan, 'a here-document with expansions inside is not clear; quote its end word');
  placeAll(scan, end, { kind: 'document', body: { ...document, text: body, firstHole: scan.positions.length } });
  scan.at = next;
};

/** After a line break: the bodies of the here-documents that its line began. */
export const readHereBodies = (scan: PosixScan, frame: CommandFrame): void => {
  const documents = frame.pending;
  frame.pending = [];
  if (hasPending(scan)) return lose(scan, 'a here-document begins before a $(…) of many lines');
  for (const document of documents) if (scan.lost === undefined) readBody(scan, document);
};

/** The body with its holes filled. */
export const fillBody = (text: string, values: readonly string[]): string =>
  text.split(HOLE).reduce((filled, segment, index) => `${filled}${values[index - 1] ?? ''}${segment}`);
