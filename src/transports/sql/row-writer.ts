import type { OutputSink } from '../transport.ts';
import { columnKeys, toJsonValue } from './json-value.ts';

const PIECE_BYTES = 32_768;

/** Takes the rows of one statement to the output, one JSON object a line. */
export interface RowWriter {
  /** Names of the columns; two of the same name become `name` and `name_2`. Begins a set of rows. */
  columns(names: readonly string[]): void;
  /** Keeps a row for the output; beyond the limit it is only counted. */
  row(values: readonly unknown[]): void;
  /** Gives what was kept to the output when it is large enough; no further row may come until it is done. */
  flush(): Promise<void>;
  /** True when enough is kept that a flush would write. */
  readonly isFull: boolean;
  /** Why the output took no more; undefined while it does. */
  readonly failure: unknown;
  /** From now on rows are thrown away. */
  stop(): void;
  /** Gives the rest. @returns rows given (null: the statement gives none), and whether there were more. */
  end(): Promise<{ rowCount: number | null; isTruncated: boolean }>;
}

export const createRowWriter = (output: OutputSink, maxRows: number): RowWriter => {
  let keys: readonly string[] | undefined;
  let kept = '';
  let seen = 0;
  let isStopped = false;
  let failure: unknown;

  const write = async (): Promise<void> => {
    const text = kept;
    kept = '';
    if (text === '' || isStopped) return;
    try {
      await output('stdout', Buffer.from(text));
    } catch (error) {
      failure = error;
      isStopped = true;
      throw error;
    }
  };

  return {
    columns: (names) => {
      keys = columnKeys(names);
    },
    row(values) {
      seen += 1;
      if (seen > maxRows || isStopped) return;
      kept += `${JSON.stringify(Object.fromEntries((keys ?? []).map((key, index) => [key, toJsonValue(values[index])])))}\n`;
    },
    flush: async () => {
      if (kept.length >= PIECE_BYTES) await write();
    },
    get isFull() {
      return kept.length >= PIECE_BYTES;
    },
    get failure() {
      return failure;
    },
    stop: () => {
      isStopped = true;
    },
    async end() {
      await write();
      return { rowCount: keys === undefined ? null : Math.min(seen, maxRows), isTruncated: seen > maxRows };
    },
  };
};
