import { HOLE, placeAll, placeRest } from './holes.ts';
import { readHereBodies, readHereOperator } from './posix-here.ts';
import { hasPending, lose } from './posix-scan.ts';
import type { CommandFrame, PosixPosition, PosixScan } from './posix-scan.ts';

const WORD_END = /[\s;&|()<>]/;
/** An array index is arithmetic to bash, and arithmetic runs `$(…)` that it finds in a value. */
const OPEN_INDEX = /^[A-Za-z_][A-Za-z0-9_]*\[[^\]]*$/;
const SIMPLE_EXPANSION = /\$\{[^'"\\`${}\n]*\}/y;
const BACKTICKS = /`(?:[^`\\]|\\[^])*`/y;
const SINGLE_QUOTES = /'[^']*'/y;
const COMMENT = /[^\n]*/y;

const endOf = (pattern: RegExp, { text, at }: PosixScan): number | undefined => {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
};

/** Reads on to `end`, all of it of one kind. */
const readTo = (scan: PosixScan, end: number | undefined, position: PosixPosition): void => {
  if (end === undefined) return lose(scan, 'a quote or bracket before it is never closed');
  if (hasPending(scan) && scan.text.slice(scan.at, end).includes('\n')) return lose(scan, 'a here-document begins inside quotes before it');
  placeAll(scan, end, position);
};

const readEscape = (scan: PosixScan): void => {
  const next = scan.text[scan.at + 1];
  if (next === '\n' && hasPending(scan)) return lose(scan, 'a line that begins a here-document is continued');
  placeAll(scan, scan.at + 2, { kind: 'refused', why: 'a \\ stands before it' });
};

const pushCommand = (scan: PosixScan, length: number): void => {
  scan.frames.push({ kind: 'command', isNested: true, parens: 0, word: '', isTest: false, pending: [] });
  scan.at += length;
};

const pushArithmetic = (scan: PosixScan, length: number): void => {
  scan.frames.push({ kind: 'arithmetic', depth: 2 });
  scan.at += length;
};

const readDollar = (scan: PosixScan, isQuoted: boolean): void => {
  const { text, at } = scan;
  const next = text[at + 1] ?? '';
  if (text.startsWith('$((', at)) return pushArithmetic(scan, 3);
  if (next === '(') return pushCommand(scan, 2);
  if (next === '[' || (next === "'" && !isQuoted)) return lose(scan, `$${next} stands before it, which shells read differently`);
  if (next === '{') {
    const end = endOf(SIMPLE_EXPANSION, scan);
    if (end === undefined) return lose(scan, 'a ${…} of the shell with quotes or others inside stands before it');
    return readTo(scan, end, { kind: 'refused', why: 'it stands inside a ${…} of the shell' });
  }
  scan.at += /[#?$!*@-]/.test(next) ? 2 : 1;
};

const readBackticks = (scan: PosixScan): void =>
  readTo(scan, endOf(BACKTICKS, scan), { kind: 'refused', why: 'it stands inside `…`; write $(…) instead' });

const endWord = (scan: PosixScan, frame: CommandFrame): void => {
  const { word } = frame;
  frame.word = '';
  if (word === '[[') frame.isTest = true;
  if (word === ']]') frame.isTest = false;
  if (word === 'case' && frame.isNested) lose(scan, 'a case inside $(…) stands before it');
  if (OPEN_INDEX.test(word)) lose(scan, 'an array index that is not closed stands before it');
};

const wordPosition = (scan: PosixScan, frame: CommandFrame): PosixPosition => {
  if (frame.isTest) return { kind: 'refused', why: 'it stands inside [[ … ]], where a value may run as arithmetic; write [ … ]' };
  return OPEN_INDEX.test(frame.word) ? { kind: 'integer' } : { kind: 'word', isOneLine: hasPending(scan) };
};

const readDelimiter = (scan: PosixScan, frame: CommandFrame, char: string): void => {
  endWord(scan, frame);
  if (frame.isTest && frame.isNested && /[()]/.test(char)) lose(scan, 'brackets inside [[ … ]] stand before it');
  if (scan.lost !== undefined) return;
  if (char === '(' && scan.text[scan.at + 1] === '(') return pushArithmetic(scan, 2);
  if (char === '(') frame.parens += 1;
  if (char === ')' && frame.parens > 0) frame.parens -= 1;
  else if (char === ')' && frame.isNested) {
    if (frame.pending.length > 0) return lose(scan, 'a here-document inside $(…) has no lines');
    scan.frames.pop();
  }
  if (char === '<' && scan.text.startsWith('<<', scan.at)) return readHereOperator(scan, frame);
  scan.at += 1;
  if (char === '\n') readHereBodies(scan, frame);
};

const inCommand = (scan: PosixScan, frame: CommandFrame, char: string): void => {
  if (WORD_END.test(char)) return readDelimiter(scan, frame, char);
  if (char === '#' && frame.word === '') return placeAll(scan, endOf(COMMENT, scan) ?? scan.text.length, { kind: 'comment' });
  const position = char === HOLE ? wordPosition(scan, frame) : undefined;
  frame.word += char;
  if (position !== undefined) return placeAll(scan, scan.at + 1, position);
  if (char === '\\') return readEscape(scan);
  if (char === "'") return readTo(scan, endOf(SINGLE_QUOTES, scan), { kind: 'single', isOneLine: hasPending(scan) });
  if (char === '$') return readDollar(scan, false);
  if (char === '`') return readBackticks(scan);
  if (char === '"') scan.frames.push({ kind: 'double' });
  scan.at += 1;
};

const inDouble = (scan: PosixScan, char: string): void => {
  if (char === HOLE) return placeAll(scan, scan.at + 1, { kind: 'double', isOneLine: hasPending(scan) });
  if (char === '\\') return readEscape(scan);
  if (char === '$') return readDollar(scan, true);
  if (char === '`') return readBackticks(scan);
  if (char === '\n' && hasPending(scan)) return lose(scan, 'a here-document begins inside quotes before it');
  if (char === '"') scan.frames.pop();
  scan.at += 1;
};

/** Also the reading as two subshells holds: digits are harmless in both, and what would make the two end differently loses the scan. */
const inArithmetic = (scan: PosixScan, frame: { depth: number }, char: string): void => {
  if (char === HOLE) return placeAll(scan, scan.at + 1, { kind: 'integer' });
  if (char === '$') return readDollar(scan, false);
  const isUnclear =
    /['"\\`#]/.test(char) || /^(<<|case)/.test(scan.text.slice(scan.at, scan.at + 4)) || (char === '\n' && hasPending(scan));
  if (isUnclear) return lose(scan, 'quotes or others inside ((…)) stand before it');
  if (char === '(') frame.depth += 1;
  if (char === ')') frame.depth -= 1;
  if (frame.depth === 0) scan.frames.pop();
  scan.at += 1;
};

const step = (scan: PosixScan): void => {
  const char = scan.text[scan.at] ?? '';
  const frame = scan.frames.at(-1);
  if (frame === undefined || frame.kind === 'double') inDouble(scan, char);
  else if (frame.kind === 'command') inCommand(scan, frame, char);
  else inArithmetic(scan, frame, char);
};

/** How a POSIX shell (dash, bash) reads the place of each HOLE of a text. Where that is not certain, the place is refused. */
export const posixPositions = (text: string): PosixPosition[] => {
  const top: CommandFrame = { kind: 'command', isNested: false, parens: 0, word: '', isTest: false, pending: [] };
  const scan: PosixScan = { text, at: 0, positions: [], lost: undefined, frames: [top] };
  while (scan.at < text.length && scan.lost === undefined) step(scan);
  placeRest(scan, { kind: 'refused', why: scan.lost ?? '' });
  return scan.positions;
};
