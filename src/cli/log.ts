import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { escapeSign } from '../domain/visible-controls.ts';
import { activityIds } from '../temporal/activity-ids.ts';

/** Database errors carry the statement and its values, some of which are secrets: only these three are logged. */
const plainError = (error: unknown): unknown =>
  error instanceof Error ? { type: error.name, message: error.message, stack: error.stack } : error;

/** Nothing that is logged should have these; should somebody log a whole request or body one day, they are not in it. */
const SECRET = ['authorization', 'cookie', 'password', 'token', 'secret', 'credential', 'private_key', 'passphrase'];

/** JSON leaves these as they are; terminals obey some, and some readers take others for the end of a line. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029]/g;

/** Structured log on stderr, so that stdout stays for data. What an activity logs has the ids of its workflow and run. */
export const createLog = (level: string, to: DestinationStream = pino.destination({ dest: 2, sync: false })): Logger =>
  pino(
    {
      level,
      base: { pid: process.pid },
      mixin: activityIds,
      serializers: { err: plainError },
      hooks: { streamWrite: (line) => line.replace(UNSAFE, escapeSign) },
      redact: { paths: SECRET.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '***' },
    },
    to,
  );
