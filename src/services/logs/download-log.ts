import type { Sequelize } from 'sequelize';
import type { LogLine } from '../../contracts/execution.ts';
import type { LogFormat } from '../../contracts/log-search.ts';
import { selectRow, selectRows } from '../../db/query.ts';
import { createZonedTime } from '../../domain/zoned-time.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { showControls } from '../../domain/visible-controls.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { LOG_COLUMNS } from '../executions/read-logs.ts';

const LINES_AT_ONCE = 1_000;
const MARKS = { stdout: '|', stderr: '!' };

type PlacedLine = LogLine & { row_id: number };
type Show = (line: LogLine) => string;

const jsonText: Show = (line) => `${JSON.stringify(line)}\n`;

/**
 * `2025-03-01 10:00:04.123 +01:00 web1 | 42%`: time, target, `|` for output, `!` for stderr, `#` for what OpsConductor says, and the line, whose control
 * characters are seen and do nothing.
 */
const plainText = (zone: string): Show => {
  const shown = createZonedTime(zone);
  return ({ timestamp, target_name: target, stream, log_message: message }) => {
    const mark = stream === null ? '#' : MARKS[stream];
    // Nothing in a message may look like a line of its own, be it by a line feed or by what a terminal obeys.
    const text = message.split(/\r?\n/).map(showControls).join('\n    ');
    return `${shown(timestamp)} ${target === null ? '' : `${showControls(target)} `}${mark} ${text}\n`;
  };
};

async function* readAll(db: Sequelize, run: { id: number; created: string }, show: Show): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  for (let after = 0, isLast = false; !isLast;) {
    // A statement of its own for each part: a reader who is slow holds no connection.
    const lines = await selectRows<PlacedLine>(
      db,
      `SELECT l.id AS row_id, ${LOG_COLUMNS} FROM (SELECT * FROM job_execution_logs WHERE job_execution_id = $1 AND id > $2
         AND timestamp >= $3::timestamptz - interval '1 hour' ORDER BY id LIMIT ${LINES_AT_ONCE}) l
       LEFT JOIN job_execution_branches b ON b.id = l.branch_id ORDER BY l.id`,
      [run.id, after, run.created],
    );
    isLast = lines.length < LINES_AT_ONCE;
    after = lines.at(-1)?.row_id ?? after;
    if (lines.length > 0) yield encoder.encode(lines.map(({ row_id: _, ...line }) => show(line)).join(''));
  }
}

export interface LogFile {
  /** Of the file. */
  name: string;
  content: AsyncIterable<Uint8Array>;
}

/**
 * All lines of a run that are stored now, as a stream, in the order in which they were stored.
 * @throws OpsError NOT_FOUND
 */
export const downloadLog = async (
  { db, readSettings }: Pick<ServiceDeps, 'db' | 'readSettings'>,
  caller: Caller,
  serial: string,
  format: LogFormat,
): Promise<LogFile> => {
  authorize(caller, 'executions.read');
  const run = await selectRow<{ id: number; created: string }>(
    db,
    'SELECT id, created_at::text AS created FROM job_executions WHERE execution_serial = $1',
    [serial],
  );
  if (run === undefined) throw new OpsError('NOT_FOUND', `There is no execution ${serial}.`);
  if (format === 'ndjson') return { name: `${serial}.ndjson`, content: readAll(db, run, jsonText) };
  const { timezone } = await readSettings();
  return { name: `${serial}.log`, content: readAll(db, run, plainText(timezone)) };
};
