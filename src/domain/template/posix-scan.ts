import type { HoleScan } from './holes.ts';

/** A here-document. */
export interface HereDocument {
  delimiter: string;
  /** `<<-`: tabs that begin a line do not count. */
  stripsTabs: boolean;
  /** The delimiter is quoted: nothing in the body is expanded. */
  isLiteral: boolean;
}

/** The lines of a here-document, its references as HOLE. */
export interface HereBody extends HereDocument {
  text: string;
  /** Which hole of the whole text is its first. */
  firstHole: number;
}

/** How the text around a reference is read by a POSIX shell. */
export type PosixPosition =
  | { kind: 'word' | 'single' | 'double'; isOneLine: boolean }
  | { kind: 'comment' }
  | { kind: 'integer' }
  | { kind: 'document'; body: HereBody }
  | { kind: 'refused'; why: string };

/** Commands: the text itself, or a `$(…)` in it. */
export interface CommandFrame {
  kind: 'command';
  isNested: boolean;
  /** Round brackets that are open in it. */
  parens: number;
  /** The word that is being read; what is quoted in it shows by its quote. */
  word: string;
  /** Between `[[` and `]]`. */
  isTest: boolean;
  /** Here-documents whose lines follow the next line break. */
  pending: HereDocument[];
}

export type PosixFrame = CommandFrame | { kind: 'double' } | { kind: 'arithmetic'; depth: number };

export interface PosixScan extends HoleScan<PosixPosition> {
  /** Never empty; the innermost last. */
  frames: PosixFrame[];
  /** Why nothing after this place is certain. */
  lost: string | undefined;
}

export const lose = (scan: PosixScan, why: string): void => {
  scan.lost ??= why;
};

/** The lines of a here-document are still to come: a line break inside a word would be read differently by different shells. */
export const hasPending = ({ frames }: PosixScan): boolean => frames.some((frame) => frame.kind === 'command' && frame.pending.length > 0);
