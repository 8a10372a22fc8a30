import type { Sequelize } from 'sequelize';
import type { Page } from '../../contracts/page.ts';
import { ActionResultStatus, ExecutionStatus, JobStatus } from '../../contracts/enums/jobs.ts';
import { TargetStatus } from '../../contracts/enums/targets.ts';
import type { PatternCheck, SerialMatch, SerialQuery, SerialStatus } from '../../contracts/serial.ts';
import { selectRows } from '../../db/query.ts';
import { placeCursor, readPlace } from '../../db/scan-cursor.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { isWholeSerial, parseSerialPattern } from '../../domain/serial-pattern.ts';
import type { SerialPattern } from '../../domain/serial-pattern.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { pickFields } from '../pick-fields.ts';
import { findParts } from './find-parts.ts';
import type { FoundSerials, SerialPlace } from './find-parts.ts';

const API = '/api/v1';
const MOST_JOBS = 5_000;
const FOLDERS = { target: 'targets', job: 'jobs', execution: 'executions', branch: 'branches', action: 'actions' } as const;

/** @throws OpsError VALIDATION, which says what may have been meant */
const readPattern = (text: string): SerialPattern => {
  const parsed = parseSerialPattern(text);
  if (!('problem' in parsed)) return parsed;
  const [first, ...others] = parsed.suggestions;
  const advice = first === undefined ? '' : ` Did you mean ${[first, ...others].join(' or ')}?`;
  throw new OpsError('VALIDATION', `The pattern ${parsed.problem}.${advice}`, { fields: [{ path: 'pattern', message: parsed.problem }] });
};

const STATES: Readonly<Record<SerialMatch['level'], readonly SerialStatus[]>> = {
  target: TargetStatus.options,
  job: JobStatus.options,
  execution: ExecutionStatus.options,
  branch: ExecutionStatus.options,
  action: ActionResultStatus.options,
};

/** @throws OpsError VALIDATION */
const checkStatus = ({ level, text }: SerialPattern, status: SerialStatus | undefined): void => {
  if (status === undefined || STATES[level].includes(status)) return;
  const message = `must be ${STATES[level].join(', ')}: ${text} looks for ${FOLDERS[level]}`;
  throw new OpsError('VALIDATION', `status ${message}.`, { fields: [{ path: 'status', message }] });
};

/** SQL: has the serial this beginning? Heads are letters and digits. */
const headed = ({ head, isHeadWhole }: SerialPattern, column: string, bind: unknown[]): string =>
  isHeadWhole ? `${column} = $${bind.push(head)}` : `${column} LIKE $${bind.push(`${head}%`)}`;

/** Targets or jobs, which are few: a pattern is compared with each. */
const findOwners = async (
  db: Sequelize,
  pattern: SerialPattern,
  after: SerialPlace,
  limit: number,
  status: SerialStatus | undefined,
): Promise<FoundSerials> => {
  const bind: unknown[] = [after.execution, limit + 1, status ?? null];
  const isJob = pattern.level === 'job';
  const [table, column] = isJob ? ['jobs', 'job_serial'] : ['universal_targets', 'target_serial'];
  const rows = await selectRows<Omit<SerialMatch, 'path'> & { id: number }>(
    db,
    `SELECT t.id, '${isJob ? 'job' : 'target'}' AS level, t.${column} AS serial, t.name, t.status, NULL AS execution_serial FROM ${table} t
     WHERE t.deleted_at IS NULL ${isJob ? 'AND NOT t.is_template' : ''} AND ${headed(pattern, `t.${column}`, bind)} AND t.id > $1 AND ($3::text IS NULL OR t.status = $3)
     ORDER BY t.id LIMIT $2`,
    bind,
  );
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { data: rows.slice(0, limit).map(({ id: _, ...row }) => row), next: last && { execution: last.id, branch: 0, action: 0 } };
};

/** Also jobs that were deleted: their runs are still there. @throws OpsError SCOPE_TOO_WIDE */
const findJobs = async (db: Sequelize, pattern: SerialPattern): Promise<number[]> => {
  const bind: unknown[] = [];
  const rows = await selectRows<{ id: number }>(
    db,
    `SELECT j.id FROM jobs j WHERE ${headed(pattern, 'j.job_serial', bind)} LIMIT ${MOST_JOBS + 1}`,
    bind,
  );
  if (rows.length <= MOST_JOBS) return rows.map(({ id }) => id);
  throw new OpsError('SCOPE_TOO_WIDE', `More than ${MOST_JOBS} jobs fit ${pattern.text}. Give more of the serial of the job.`);
};

const find = async (
  db: Sequelize,
  pattern: SerialPattern,
  after: SerialPlace,
  limit: number,
  status?: SerialStatus,
): Promise<FoundSerials> => {
  if (pattern.level === 'job' || pattern.level === 'target') return findOwners(db, pattern, after, limit, status);
  const jobs = await findJobs(db, pattern);
  return jobs.length === 0 ? { data: [], next: undefined } : findParts(db, pattern, jobs, after, limit, status);
};

const authorizeLevel = (caller: Caller, { level }: SerialPattern): void => {
  authorize(caller, 'executions.read');
  if (level === 'job') authorize(caller, 'jobs.read');
  if (level === 'target') authorize(caller, 'targets.read');
};

const withPath = (match: Omit<SerialMatch, 'path'>): SerialMatch => ({ ...match, path: `${API}/${FOLDERS[match.level]}/${match.serial}` });

/**
 * What a pattern of serials fits: targets, jobs, runs, branches or actions, in the order in which runs were made, those of one run by their numbers.
 * A page looks at no more than 2,000 runs and branches: it may be empty, and still not be the last.
 * @throws OpsError VALIDATION, also for a status that the level has not; SCOPE_TOO_WIDE, FORBIDDEN
 */
export const findSerials = async ({ db }: Pick<ServiceDeps, 'db'>, caller: Caller, query: SerialQuery): Promise<Page<SerialMatch>> => {
  const { limit, cursor, fields, status } = query;
  const pattern = readPattern(query.pattern);
  authorizeLevel(caller, pattern);
  checkStatus(pattern, status);
  const about = { pattern: pattern.text, ...(status !== undefined && { status }) };
  const [execution = 0, branch = 0, action = 0] = cursor === undefined ? [] : readPlace(about, cursor, [0, 0, 0]).map(Number);
  const { data, next } = await find(db, pattern, { execution, branch, action }, limit, status);
  return {
    data: data.map((match) => pickFields(withPath(match), fields)),
    next: next === undefined ? null : placeCursor(about, [next.execution, next.branch, next.action]),
  };
};

/** What a serial of any level names. @throws OpsError VALIDATION, NOT_FOUND, FORBIDDEN */
export const getSerial = async ({ db }: ServiceDeps, caller: Caller, serial: string): Promise<SerialMatch> => {
  const pattern = readPattern(serial);
  if (!isWholeSerial(pattern)) throw new OpsError('VALIDATION', `${pattern.text} is a pattern, not one serial. See /serials?pattern=.`);
  authorizeLevel(caller, pattern);
  const [match] = (await find(db, pattern, { execution: 0, branch: 0, action: 0 }, 1)).data;
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
