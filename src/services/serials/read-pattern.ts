import { ActionResultStatus, ExecutionStatus, JobStatus } from '../../contracts/enums/jobs.ts';
import { TargetStatus } from '../../contracts/enums/targets.ts';
import type { SerialMatch, SerialStatus } from '../../contracts/serial.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { parseSerialPattern } from '../../domain/serial-pattern.ts';
import type { SerialPattern } from '../../domain/serial-pattern.ts';
import { authorize } from '../context.ts';
import type { Caller } from '../context.ts';

/** Names of the levels in addresses. */
export const FOLDERS = { target: 'targets', job: 'jobs', execution: 'executions', branch: 'branches', action: 'actions' } as const;

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

const authorizeLevel = (caller: Caller, { level }: SerialPattern): void => {
  authorize(caller, 'executions.read');
  if (level === 'job') authorize(caller, 'jobs.read');
  if (level === 'target') authorize(caller, 'targets.read');
};

/** A pattern that the caller may look for. @throws OpsError VALIDATION, which says what may have been meant, or that its level has no such state; FORBIDDEN */
export const readAllowed = (caller: Caller, text: string, status?: SerialStatus): SerialPattern => {
  const pattern = readPattern(text);
  authorizeLevel(caller, pattern);
  checkStatus(pattern, status);
  return pattern;
};
