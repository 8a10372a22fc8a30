import type { Sequelize } from 'sequelize';
import type { LogCategory, LogLevel, LogPhase, OutputStream } from '../../contracts/enums.ts';
import { createLineSplitter, createOutputTail, showNul } from '../../domain/output-lines.ts';
import type { OutputLine } from '../../domain/output-lines.ts';
import { watchMask } from '../../domain/secret-mask.ts';
import type { SecretMask } from '../../domain/secret-mask.ts';
import { selectPrepared } from '../../db/query.ts';
import { keepTrying } from './keep-trying.ts';

const FLUSH_ROWS = 400;
const FLUSH_CHARS = 131_072;
const FLUSH_AFTER_MS = 200;
// A chunk may be all that a channel's window holds; taken whole it would be tens of thousands of rows at once.
const PIECE_BYTES = 32_768;

/** What a row is, besides its text; a batch has few different ones, so rows only carry their number in the batch. */
interface Kind {
  stream: OutputStream | null;
  phase: LogPhase;
  level: LogLevel;
  category: LogCategory;
}

const OUTPUT_KIND: Readonly<Record<OutputStream, Kind>> = {
  stdout: { stream: 'stdout', phase: 'action_execution', level: 'info', category: 'command_execution' },
  stderr: { stream: 'stderr', phase: 'action_execution', level: 'warning', category: 'command_execution' },
};

/** Rows that wait to be written, by column: objects for each would live just long enough to burden the collector. */
class Batch {
  readonly times: string[] = [];
  readonly kinds: Kind[] = [];
  readonly kindNumbers: number[] = [];
  readonly messages: string[] = [];
  readonly details: string[] = [];
  chars = 0;
  outputLines = 0;

  add(time: string, kind: Kind, message: string, details: string): void {
    let index = this.kinds.indexOf(kind);
    if (index === -1) index = this.kinds.push(kind) - 1;
    this.times.push(time);
    this.kindNumbers.push(index + 1);
    this.messages.push(message);
    this.details.push(details);
    this.chars += message.length;
    if (kind.stream !== null) this.outputLines += 1;
  }

  get isFull(): boolean {
    return this.messages.length >= FLUSH_ROWS || this.chars >= FLUSH_CHARS;
  }
}

interface OutputFacts {
  stdout: string;
  stderr: string;
  truncated: boolean;
  /** A secret was masked in it. */
  masked: boolean;
  bytes: number;
}

/** Writes the output of one attempt as numbered log rows while it comes, and keeps its tail for the result. */
export interface OutputWriter {
  /** Resolves when more may come: while Postgres is slow or away, so is the target. */
  write(stream: OutputStream, chunk: Buffer): Promise<void>;
  event(level: LogLevel, phase: LogPhase, category: LogCategory, message: string): void;
  /** Writes what is left. Call it once, before the attempt's row is closed. */
  end(): Promise<OutputFacts>;
}

export interface OutputWriterOptions {
  db: Sequelize;
  attemptId: number;
  branchId: number;
  executionId: number;
  actionSerial: string;
  iteration: number;
  attempt: number;
  mask: SecretMask;
  maxOutputBytes: number;
  maxLogBytes: number;
  /** false: output is counted and not stored. */
  isCaptured: boolean;
  onWritten: () => void;
  /** Aborted: the worker must end, unwritten lines are given up. */
  giveUp: AbortSignal;
}

export const createOutputWriter = (options: OutputWriterOptions): OutputWriter => {
  const { maxLogBytes, maxOutputBytes, isCaptured } = options;
  const { mask, hasReplaced } = watchMask(options.mask);
  const streamState = () => ({
    decoder: new TextDecoder('utf-8', { ignoreBOM: true }),
    lines: createLineSplitter(mask),
    tail: createOutputTail(maxOutputBytes),
    bytes: 0,
  });
  const streams = { stdout: streamState(), stderr: streamState() };
  const base = { action_serial: options.actionSerial, iteration: options.iteration, attempt: options.attempt };
  const plainDetails = JSON.stringify(base);
  const continuedDetails = JSON.stringify({ ...base, continues: true });
  let batch = new Batch();
  let loggedBytes = 0;
  let cut = false;
  let storedOutputLines = 0;
  let flushing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const store = async (full: Batch): Promise<void> => {
    await keepTrying(() => storeBatch(options, full, storedOutputLines), options.giveUp);
    storedOutputLines += full.outputLines;
    options.onWritten();
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (batch.messages.length === 0) return flushing;
    const full = batch;
    batch = new Batch();
    flushing = flushing.then(() => store(full));
    return flushing;
  };

  const addLines = (stream: OutputStream, lines: readonly OutputLine[]): void => {
    if (lines.length === 0) return;
    streams[stream].tail.push(lines.map((line) => (line.continues ? line.text : `${line.text}\n`)).join(''));
    const time = new Date().toISOString();
    for (const line of lines) {
      if (cut) return;
      loggedBytes += Buffer.byteLength(line.text) + 1;
      cut = loggedBytes > maxLogBytes;
      if (cut)
        addEvent(
          'warning',
          'action_execution',
          'command_execution',
          `Output beyond ${maxLogBytes} bytes (setting max_log_bytes) is not stored as lines.`,
        );
      else batch.add(time, OUTPUT_KIND[stream], line.text, line.continues ? continuedDetails : plainDetails);
    }
  };

  const addEvent = (level: LogLevel, phase: LogPhase, category: LogCategory, message: string): void =>
    batch.add(new Date().toISOString(), { stream: null, phase, level, category }, options.mask(showNul(message)), plainDetails);

  return {
    async write(stream, chunk) {
      const state = streams[stream];
      state.bytes += chunk.length;
      if (!isCaptured) return;
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        const text = state.decoder.decode(chunk.subarray(at, at + PIECE_BYTES), { stream: true });
        addLines(stream, state.lines.push(text));
        if (batch.isFull) await flush();
      }
      timer ??= setTimeout(() => void flush().catch(() => undefined), FLUSH_AFTER_MS);
    },
    event: addEvent,
    async end() {
      for (const stream of ['stdout', 'stderr'] as const) {
        const { decoder, lines } = streams[stream];
        addLines(stream, [...lines.push(decoder.decode()), ...lines.end()]);
      }
      const bytes = streams.stdout.bytes + streams.stderr.bytes;
      const isDropped = !isCaptured && bytes > 0;
      if (isDropped)
        addEvent('info', 'result_collection', 'command_execution', `The output (${bytes} bytes) is not stored: capture_output is false.`);
      await flush();
      const [stdout, stderr] = [streams.stdout.tail.text(), streams.stderr.tail.text()];
      const truncated = cut || isDropped || streams.stdout.tail.isCut || streams.stderr.tail.isCut;
      return { stdout, stderr, truncated, bytes, masked: hasReplaced() };
    },
  };
};

/**
 * One batch, one statement (data model, 6.7): the attempt's count goes from what it was to what it is, else the batch is stored already (a repeat after
 * a lost COMMIT); then the branch's counter gives the numbers, which makes other writers of the branch wait.
 */
const storeBatch = async (options: OutputWriterOptions, batch: Batch, outputLinesBefore: number): Promise<void> => {
  const { kinds } = batch;
  await selectPrepared(
    options.db,
    'store_lines',
    `WITH attempt AS (UPDATE job_action_results SET output_lines = output_lines + $4 WHERE id = $1 AND output_lines = $3 RETURNING id),
     branch AS (UPDATE job_execution_branches b SET last_line_number = b.last_line_number + $5 FROM attempt WHERE b.id = $2 RETURNING b.last_line_number)
     INSERT INTO job_execution_logs (timestamp, job_execution_id, branch_id, line_number, stream, log_phase, log_level, log_category, log_message, log_details)
     SELECT l.at, $6, $2, branch.last_line_number - $5 + l.number, ($11::text[])[l.kind], ($12::text[])[l.kind], ($13::text[])[l.kind], ($14::text[])[l.kind],
       l.message, l.details::jsonb
     FROM branch, unnest($7::timestamptz[], $8::int[], $9::text[], $10::text[]) WITH ORDINALITY AS l(at, kind, message, details, number)`,
    [
      options.attemptId,
      options.branchId,
      outputLinesBefore,
      batch.outputLines,
      batch.messages.length,
      options.executionId,
      batch.times,
      batch.kindNumbers,
      batch.messages,
      batch.details,
      kinds.map((kind) => kind.stream),
      kinds.map((kind) => kind.phase),
      kinds.map((kind) => kind.level),
      kinds.map((kind) => kind.category),
    ],
  );
};
