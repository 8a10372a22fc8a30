import { OpsError } from '../../domain/ops-error.ts';
import type { ErrorCode } from '../../domain/ops-error.ts';
import type { Failure } from './messages.ts';

const ERROR = 1;
/** SQLite has one code for all of them; the texts are its own, and not translated. */
const DEFINITION =
  /syntax error|incomplete input|no such (?:table|column|function|index|view|trigger|collation|module)|has no column|has \d+ columns but|ambiguous column|wrong number of arguments|values for \d+ columns|unrecognized token|misuse of|do not have the same number/i;
const [PERM, BUSY, LOCKED, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, AUTH, NOTADB] = [3, 5, 6, 8, 10, 11, 13, 14, 23, 26];

/** How messages name the file. */
export const placeOf = (path: string): string => `SQLite file ${path}`;

const lockedBy = (lockers: readonly string[]): string => (lockers.length === 0 ? 'another connection' : lockers.join(', '));

interface Meaning {
  code: ErrorCode;
  says: string;
}

const meaningOf = ({ code, message, lockers }: Failure): Meaning | undefined => {
  const basic = code & 0xff;
  if (basic === BUSY || basic === LOCKED)
    return {
      code: 'QUERY_FAILED',
      says: `the database is locked by ${lockedBy(lockers)}, and did not become free within the method's timeout. Nothing was changed. Find out what holds it so long, or raise the timeout.`,
    };
  if (basic === NOTADB)
    return { code: 'PROTOCOL_ERROR', says: 'this is no SQLite database, or it is encrypted. Check database_path of the method.' };
  if (basic === CORRUPT)
    return {
      code: 'QUERY_FAILED',
      says: `the file is damaged (${message}). Restore it from a backup; \`PRAGMA integrity_check\` tells what is wrong.`,
    };
  if (basic === CANTOPEN || basic === PERM)
    return {
      code: 'FILE_REFUSED',
      says: 'the user of the OpsConductor worker cannot open it. Give that user the right to read and write the file, and its folder, where SQLite keeps the journal.',
    };
  if (basic === READONLY)
    return {
      code: 'FILE_REFUSED',
      says: `the user of the OpsConductor worker may not write it, or not into its folder, where SQLite keeps the journal (${message}).`,
    };
  if (basic === FULL) return { code: 'QUERY_FAILED', says: 'the disk of the worker is full. The statement was rolled back.' };
  if (basic === IOERR) return { code: 'QUERY_FAILED', says: `the disk of the worker failed (${message}). Look at the logs of its system.` };
  return undefined;
};

/** What SQLite, or the guard before it, said. */
export const toSqliteError = (path: string, failure: Failure): OpsError => {
  const { refused, code, message } = failure;
  if (refused !== undefined) return new OpsError('QUERY_INVALID', `${placeOf(path)}: ${refused}. Nothing was run.`);
  const meaning = code === AUTH ? undefined : meaningOf(failure);
  if (meaning !== undefined) return new OpsError(meaning.code, `${placeOf(path)}: ${meaning.says}`);
  if ((code & 0xff) === ERROR && DEFINITION.test(message))
    return new OpsError(
      'QUERY_INVALID',
      `${placeOf(path)}: ${message}. The statement of the action does not fit this file: correct it in the job.`,
    );
  return new OpsError('QUERY_FAILED', `${placeOf(path)}: ${message}${code === 0 ? '' : ` (code ${code})`}`);
};
