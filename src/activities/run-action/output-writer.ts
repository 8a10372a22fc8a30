import type { Sequelize } from 'sequelize';
import type { LogCategory, LogLevel, LogPhase, OutputStream } from '../../contracts/enums.ts';
import { createLineSplitter, createOutputTail } from '../../domain/output-lines.ts';
import type { OutputLine } from '../../domain/output-lines.ts';
import type { SecretMask } from '../../domain/secret-mask.ts';
import { selectRows } from '../../db/query.ts';
import { keepTrying } from './keep-trying.ts';

const FLUSH_ROWS = 1_000;
const FLUSH_BYTES = 1_048_576;
const FLUSH_AFTER_MS = 200;

interface Row {
  at: string;
  stream: OutputStream | null;
  phase: LogPhase;
  level: LogLevel;
  category: LogCategory;
  message: string;
  details: string;
}

interface OutputFacts {
  stdout: string;
  stderr: string;
  truncated: boolean;
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
  attempt: number;
  mask: SecretMask;
  maxOutputBytes: number;
  maxLogBytes: number;
  onWritten: () => void;
  /** Aborted: the worker must end, unwritten lines are given up. */
  giveUp: AbortSignal;
}

export const createOutputWriter = (options: OutputWriterOptions): OutputWriter => {
  const { mask, maxLogBytes, maxOutputBytes } = options;
  const streams = {
    stdout: { decoder: new TextDecoder(), lines: createLineSplitter(mask), tail: createOutputTail(maxOutputBytes), bytes: 0 },
    stderr: { decoder: new TextDecoder(), lines: createLineSplitter(mask), tail: createOutputTail(maxOutputBytes), bytes: 0 },
  };
  let pending: Row[] = [];
  let pendingBytes = 0;
  let loggedBytes = 0;
  let cut = false;
  let storedOutputLines = 0;
  let flushing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  const base = { action_serial: options.actionSerial, attempt: options.attempt };
  const details = JSON.stringify(base);

  const add = (row: Omit<Row, 'at' | 'details'>, extra?: object): void => {
    pending.push({ at: new Date().toISOString(), ...row, details: extra === undefined ? details : JSON.stringify({ ...base, ...extra }) });
    pendingBytes += row.message.length;
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    if (pending.length === 0) return flushing;
    const rows = pending;
    pending = [];
    pendingBytes = 0;
    flushing = flushing.then(async () => {
      const outputs = rows.filter((row) => row.stream !== null).length;
      await keepTrying(() => storeRows(options, rows, storedOutputLines, outputs), options.giveUp);
      storedOutputLines += outputs;
      options.onWritten();
    });
    return flushing;
  };

  const addLine = (stream: OutputStream, line: OutputLine): void => {
    streams[stream].tail.push(line.continues ? line.text : `${line.text}\n`);
    if (cut) return;
    loggedBytes += Buffer.byteLength(line.text) + 1;
    const row = {
      stream,
      phase: 'action_execution',
      level: stream === 'stderr' ? 'warning' : 'info',
      category: 'command_execution',
    } as const;
    if (loggedBytes > maxLogBytes) {
      cut = true;
      add({
        ...row,
        stream: null,
        level: 'warning',
        message: `Output beyond ${maxLogBytes} bytes (setting max_log_bytes) is not stored as lines.`,
      });
      return;
    }
    add({ ...row, message: line.text }, line.continues ? { continues: true } : undefined);
  };

  return {
    async write(stream, chunk) {
      const state = streams[stream];
      state.bytes += chunk.length;
      for (const line of state.lines.push(state.decoder.decode(chunk, { stream: true }))) addLine(stream, line);
      if (pending.length >= FLUSH_ROWS || pendingBytes >= FLUSH_BYTES) return flush();
      timer ??= setTimeout(() => void flush().catch(() => undefined), FLUSH_AFTER_MS);
      return undefined;
    },
    event(level, phase, category, message) {
      add({ stream: null, phase, level, category, message: mask(message) });
    },
    async end() {
      for (const stream of ['stdout', 'stderr'] as const) {
        const { decoder, lines } = streams[stream];
        const last = decoder.decode();
        for (const line of [...lines.push(last), ...lines.end()]) addLine(stream, line);
      }
      await flush();
      const bytes = streams.stdout.bytes + streams.stderr.bytes;
      const truncated = cut || streams.stdout.bytes > maxOutputBytes || streams.stderr.bytes > maxOutputBytes;
      return { stdout: streams.stdout.tail.text(), stderr: streams.stderr.tail.text(), truncated, bytes };
    },
  };
};

/**
 * One batch, one statement (data model, 6.7): the attempt's count goes from what it was to what it is, else the batch is stored already (a repeat after
 * a lost COMMIT); then the branch's counter gives the numbers, which makes other writers of the branch wait.
 */
const storeRows = async (options: OutputWriterOptions, rows: readonly Row[], outputLinesBefore: number, outputs: number): Promise<void> => {
  await selectRows(
    options.db,
    `WITH attempt AS (UPDATE job_action_results SET output_lines = output_lines + $4 WHERE id = $1 AND output_lines = $3 RETURNING id),
     branch AS (UPDATE job_execution_branches b SET last_line_number = b.last_line_number + $5 FROM attempt WHERE b.id = $2 RETURNING b.last_line_number)
     INSERT INTO job_execution_logs (timestamp, job_execution_id, branch_id, line_number, stream, log_phase, log_level, log_category, log_message, log_details)
     SELECT l.at, $6, $2, branch.last_line_number - $5 + l.number, l.stream, l.phase, l.level, l.category, l.message, l.details::jsonb
     FROM branch, unnest($7::timestamptz[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])
       WITH ORDINALITY AS l(at, stream, phase, level, category, message, details, number)
     RETURNING 1`,
    [
      options.attemptId,
      options.branchId,
      outputLinesBefore,
      outputs,
      rows.length,
      options.executionId,
      rows.map((row) => row.at),
      rows.map((row) => row.stream),
      rows.map((row) => row.phase),
      rows.map((row) => row.level),
      rows.map((row) => row.category),
      rows.map((row) => row.message),
      rows.map((row) => row.details),
    ],
  );
};
