import { pino } from 'pino';
import type { Logger } from 'pino';

/** Structured log on stderr, so that stdout stays for data. */
export const createLog = (level: string): Logger => pino({ level, base: { pid: process.pid } }, pino.destination({ dest: 2, sync: false }));
