import type { Page } from '../../contracts/page.ts';
import type { PatternCheck, SerialMatch, SerialQuery } from '../../contracts/serial.ts';
import { placeCursor, readPlace } from '../../db/scan-cursor.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { isWholeSerial, parseSerialPattern } from '../../domain/serial-pattern.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { pickFields } from '../pick-fields.ts';
import { BEGINNING, findMatches } from './find-matches.ts';
import type { FoundSerial } from './find-parts.ts';
import { FOLDERS, readAllowed } from './read-pattern.ts';

const API = '/api/v1';

const withPath = ({ target: _, ...match }: FoundSerial): SerialMatch => ({
  ...match,
  path: `${API}/${FOLDERS[match.level]}/${match.serial}`,
});

/**
 * What a pattern of serials fits: targets, jobs, runs, branches or actions, in the order in which runs were made, those of one run by their numbers.
 * A page looks at no more than 2,000 runs and branches: it may be empty, and still not be the last.
 * @throws OpsError VALIDATION, also for a status that the level has not; SCOPE_TOO_WIDE, FORBIDDEN
 */
export const findSerials = async ({ db }: Pick<ServiceDeps, 'db'>, caller: Caller, query: SerialQuery): Promise<Page<SerialMatch>> => {
  const { limit, cursor, fields, status } = query;
  const pattern = readAllowed(caller, query.pattern, status);
  const about = { pattern: pattern.text, ...(status !== undefined && { status }) };
  const [execution = 0, branch = 0, action = 0] = cursor === undefined ? [] : readPlace(about, cursor, [0, 0, 0]).map(Number);
  const { data, next } = await findMatches(db, pattern, { execution, branch, action }, limit, status);
  return {
    data: data.map((match) => pickFields(withPath(match), fields)),
    next: next === undefined ? null : placeCursor(about, [next.execution, next.branch, next.action]),
  };
};

/** What a serial of any level names. @throws OpsError VALIDATION, NOT_FOUND, FORBIDDEN */
export const getSerial = async ({ db }: ServiceDeps, caller: Caller, serial: string): Promise<SerialMatch> => {
  const pattern = readAllowed(caller, serial);
  if (!isWholeSerial(pattern)) throw new OpsError('VALIDATION', `${pattern.text} is a pattern, not one serial. See /serials?pattern=.`);
  const [match] = (await findMatches(db, pattern, BEGINNING, 1)).data;
  if (match === undefined) throw new OpsError('NOT_FOUND', `There is nothing with the serial ${pattern.text}.`);
  return withPath(match);
};

/** How a text is understood as a pattern of serials, or why not. */
export const checkPattern = (caller: Caller, text: string): PatternCheck => {
  authorize(caller, 'executions.read');
  const parsed = parseSerialPattern(text);
  return 'problem' in parsed
    ? { is_valid: false, level: null, pattern: null, ...parsed }
    : { is_valid: true, level: parsed.level, pattern: parsed.text, problem: null, suggestions: [] };
};
