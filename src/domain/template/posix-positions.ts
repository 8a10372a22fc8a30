import { scanPosix } from './scan-posix.ts';

/** The body of a here-document that holds a reference. */
export interface HereDocument {
  delimiter: string;
  /** `<<-`: tabs before the delimiter do not count. */
  stripsTabs: boolean;
  /** The delimiter is quoted: nothing in the body is expanded. */
  isLiteral: boolean;
}

/** How the text around a reference is read by a POSIX shell. */
export type PosixPosition =
  | { kind: 'word' | 'single' | 'double'; isOneLine: boolean }
  | { kind: 'comment' }
  | { kind: 'integer' }
  | { kind: 'document'; document: HereDocument; /** Text of its line before and after it; references there are NUL. */ before: string; after: string }
  | { kind: 'refused'; why: string };

/** Stands for a reference in a text that is scanned: no text of a job can hold it. */
export const HOLE = '\0';

/** The position of each HOLE of a text. Where the scanner is not certain, the position is refused. */
export const posixPositions = (text: string): PosixPosition[] => scanPosix(text);
