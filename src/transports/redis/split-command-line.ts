import type { BoundText } from '../../contracts/transport.ts';
import { OpsError } from '../../domain/ops-error.ts';

const ESCAPES: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, b: 8, a: 7 };

type Piece = string | Buffer;

const problem = (says: string): OpsError => new OpsError('VALIDATION', `The Redis command of this action cannot be split: ${says}`);

const valueBytes = (value: BoundText['values'][number]): Buffer => {
  if (value === null) throw problem('Redis has no null. Give a text, also an empty one, instead.');
  return Buffer.from(String(value));
};

/** Characters of the segments, and each bound value as one piece that no rule of the line looks into. */
const piecesOf = ({ segments, values }: BoundText): Piece[] =>
  segments.flatMap((segment, index) => {
    const value = values[index];
    return value === undefined ? [...segment] : [...segment, valueBytes(value)];
  });

const isSpace = (piece: Piece | undefined): boolean => typeof piece === 'string' && /\s/.test(piece);

/** What `\x41`, `\n` or `\"` in double quotes stands for. */
const unescape = (pieces: readonly Piece[], at: number): { bytes: Buffer; next: number } => {
  const piece = pieces[at];
  if (piece === undefined) throw problem('it ends inside quotes.');
  if (typeof piece !== 'string') return { bytes: piece, next: at + 1 };
  const hex = pieces.slice(at + 1, at + 3).join('');
  if (piece === 'x' && /^[0-9a-fA-F]{2}$/.test(hex)) return { bytes: Buffer.from(hex, 'hex'), next: at + 3 };
  const code = ESCAPES[piece];
  return { bytes: code === undefined ? Buffer.from(piece) : Buffer.from([code]), next: at + 1 };
};

const quotedPart = (pieces: readonly Piece[], from: number, quote: Piece): { parts: Buffer[]; next: number } => {
  const parts: Buffer[] = [];
  let at = from;
  while (pieces[at] !== quote) {
    const piece = pieces[at];
    if (piece === undefined) throw problem('it ends inside quotes.');
    const isEscape = piece === '\\' && (quote === '"' || pieces[at + 1] === quote);
    const taken = isEscape ? unescape(pieces, at + 1) : { bytes: Buffer.from(piece), next: at + 1 };
    parts.push(taken.bytes);
    at = taken.next;
  }
  if (at + 1 < pieces.length && !isSpace(pieces[at + 1])) throw problem('after a closing quote there must be a space.');
  return { parts, next: at + 1 };
};

const oneArgument = (pieces: readonly Piece[], from: number): { argument: Buffer; next: number } => {
  const parts: Buffer[] = [];
  let at = from;
  for (let piece = pieces[at]; piece !== undefined && !isSpace(piece); piece = pieces[at]) {
    if (piece === '"' || piece === "'") {
      const quoted = quotedPart(pieces, at + 1, piece);
      parts.push(...quoted.parts);
      at = quoted.next;
    } else {
      parts.push(Buffer.from(piece));
      at += 1;
    }
  }
  return { argument: Buffer.concat(parts), next: at };
};

/**
 * Splits a command line into its arguments by the rules of redis-cli: white space between, `"…"` with `\n \r \t \b \a \xHH \"`, `'…'` with `\'`.
 * A bound value is part of one argument, whatever it holds.
 * @throws OpsError VALIDATION
 */
export const splitCommandLine = (line: BoundText): Buffer[] => {
  const pieces = piecesOf(line);
  const found: Buffer[] = [];
  let at = 0;
  while (at < pieces.length) {
    if (isSpace(pieces[at])) at += 1;
    else {
      const { argument, next } = oneArgument(pieces, at);
      found.push(argument);
      at = next;
    }
  }
  if (found.length === 0) throw problem('it is empty.');
  return found;
};
