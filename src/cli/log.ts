import { pino } from 'pino';
import type { Logger } from 'pino';

/** Database errors carry the statement and its values, some of which are secrets: only these three are logged. */
const plainError = (error: unknown): unknown =>
  error instanceof Error ? { type: error.name, message: error.message, stack: error.stack } : error;

/** Structured log on stderr, so that stdout stays for data. */
export const createLog = (level: string): Logger =>
  pino({ level, base: { pid: process.pid }, serializers: { err: plainError } }, pino.destination({ dest: 2, sync: false }));
