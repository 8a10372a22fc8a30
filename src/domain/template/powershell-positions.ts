import { HOLE, placeAll, placeRest } from './holes.ts';
import type { HoleScan } from './holes.ts';

/** How PowerShell reads the text around a reference. */
export type PowershellPosition = { kind: 'word' | 'single' | 'double' | 'comment' } | { kind: 'refused'; why: string };

/** PowerShell takes typographic quotes for quotes (about_Quoting_Rules; the tokenizer's IsSingleQuote and IsDoubleQuote). */
export const SINGLE = "'\u2018\u2019\u201a\u201b";
export const DOUBLE = '"\u201c\u201d\u201e';

type Frame = { kind: 'code'; isNested: boolean; parens: number } | { kind: 'double' };

interface Scan extends HoleScan<PowershellPosition> {
  frames: Frame[];
  lost: string | undefined;
}

const SINGLE_QUOTED = new RegExp(`[${SINGLE}](?:[^${SINGLE}]|[${SINGLE}]{2})*[${SINGLE}]`, 'y');
const HERE_STRING = new RegExp(`@([${SINGLE}])[ \\t]*\\r?\\n[^]*?\\n[${SINGLE}]@|@([${DOUBLE}])[ \\t]*\\r?\\n[^]*?\\n[${DOUBLE}]@`, 'y');
const BLOCK_COMMENT = /<#[^]*?#>/y;
const COMMENT = /#[^\r\n]*/y;
const BRACED = /\$\{(?:[^}`]|`[^])*\}/y;

/** What may stand before and after a reference that shall be one word. */
const BEFORE = /(?:^|[\s;|&(){},=[:!])$/;
const AFTER = /^(?:$|[\s;|&)},\]])/;
const NAME_BEFORE = /\$[A-Za-z0-9_:?^]*$/;

const readTo = (scan: Scan, pattern: RegExp, position: PowershellPosition): void => {
  pattern.lastIndex = scan.at;
  if (pattern.test(scan.text)) placeAll(scan, pattern.lastIndex, position);
  else scan.lost = 'a quote, comment or bracket before it is never closed';
};

const refused = (why: string): PowershellPosition => ({ kind: 'refused', why });

const wordPosition = ({ text, at }: Scan): PowershellPosition =>
  BEFORE.test(text.slice(Math.max(0, at - 1), at)) && AFTER.test(text.slice(at + 1, at + 2))
    ? { kind: 'word' }
    : refused('it is part of a word without quotes; write the whole word in double quotes');

const readDollar = (scan: Scan): void => {
  const next = scan.text[scan.at + 1];
  if (next === '{') return readTo(scan, BRACED, refused('it stands inside the name of a variable'));
  if (next === '(') scan.frames.push({ kind: 'code', isNested: true, parens: 0 });
  scan.at += next === '(' || next === '$' ? 2 : 1;
};

const readComment = (scan: Scan): void => {
  if (BEFORE.test(scan.text.slice(Math.max(0, scan.at - 1), scan.at))) readTo(scan, COMMENT, { kind: 'comment' });
  else scan.lost = 'a # inside a word stands before it';
};

const readEscape = (scan: Scan): void => placeAll(scan, scan.at + 2, refused('a ` stands before it'));

const inCode = (scan: Scan, frame: { isNested: boolean; parens: number }, char: string): void => {
  const next = scan.text[scan.at + 1] ?? '';
  if (char === HOLE) return placeAll(scan, scan.at + 1, wordPosition(scan));
  if (char === '`') return readEscape(scan);
  if (SINGLE.includes(char)) return readTo(scan, SINGLE_QUOTED, { kind: 'single' });
  if (char === '@' && next !== '' && (SINGLE + DOUBLE).includes(next))
    return readTo(scan, HERE_STRING, refused('it stands in a here-string'));
  if (char === '<' && next === '#') return readTo(scan, BLOCK_COMMENT, refused('it stands in a comment'));
  if (char === '#') return readComment(scan);
  if (char === '$') return readDollar(scan);
  if (scan.text.startsWith('--%', scan.at)) scan.lost = 'after --% quotes mean nothing';
  if (DOUBLE.includes(char)) scan.frames.push({ kind: 'double' });
  if (char === '(') frame.parens += 1;
  if (char === ')' && frame.parens > 0) frame.parens -= 1;
  else if (char === ')' && frame.isNested) scan.frames.pop();
  scan.at += 1;
};

const inDouble = (scan: Scan, char: string): void => {
  const next = scan.text[scan.at + 1] ?? '';
  if (char === HOLE) {
    const isName = NAME_BEFORE.test(scan.text.slice(0, scan.at));
    return placeAll(scan, scan.at + 1, isName ? refused('it would become part of the name before it') : { kind: 'double' });
  }
  if (char === '`') return readEscape(scan);
  if (char === '$') return readDollar(scan);
  const isDoubled = DOUBLE.includes(char) && next !== '' && DOUBLE.includes(next);
  if (DOUBLE.includes(char) && !isDoubled) scan.frames.pop();
  scan.at += isDoubled ? 2 : 1;
};

/** How PowerShell reads the place of each HOLE of a text. Where that is not certain, the place is refused. */
export const powershellPositions = (text: string): PowershellPosition[] => {
  const scan: Scan = { text, at: 0, positions: [], frames: [{ kind: 'code', isNested: false, parens: 0 }], lost: undefined };
  while (scan.at < text.length && scan.lost === undefined) {
    const char = text[scan.at] ?? '';
    const frame = scan.frames.at(-1);
    if (frame === undefined || frame.kind === 'double') inDouble(scan, char);
    else inCode(scan, frame, char);
  }
  placeRest(scan, { kind: 'refused', why: scan.lost ?? '' });
  return scan.positions;
};
