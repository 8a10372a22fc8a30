import type { BoundText } from '../../contracts/transport.ts';

/** What the process that holds the file is told. */
export type Order =
  | { kind: 'open'; path: string; busyMs: number; journalMode: string | undefined; synchronous: string }
  | { kind: 'execute'; text: string; values: BoundText['values']; maxRows: number }
  | { kind: 'taken' }
  | { kind: 'close' };

export interface Failure {
  /** What OpsConductor itself refused, as a sentence; else undefined, and the rest is SQLite's. */
  refused: string | undefined;
  message: string;
  /** Extended result code of SQLite; 0 when there is none. */
  code: number;
  /** Processes that hold a lock on the file, where the system tells. */
  lockers: readonly string[];
}

/** What it answers. An `open` is answered by `opened`; an `execute` by rows and `ended`; both may be answered by `failed`. */
export type Answer =
  | { kind: 'opened'; version: string }
  | { kind: 'columns'; names: readonly string[] }
  | { kind: 'rows'; rows: readonly (readonly unknown[])[] }
  /** What it changed is about to be made lasting; before this a process that ends leaves nothing of the statement. */
  | { kind: 'committing' }
  | { kind: 'ended'; affected: number | null }
  | { kind: 'failed'; failure: Failure };
