import { isDeepStrictEqual } from 'node:util';
import type { Transaction } from 'sequelize';
import type { Calendar, CreateCalendar } from '../../contracts/calendar.ts';
import { execute, selectRow } from '../../db/query.ts';
import { recordAudit } from '../../db/record-audit.ts';
import { calendarProblems } from '../../domain/calendars/calendar-problems.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { parseSelector } from '../../domain/selector.ts';
import { withConstraints } from '../constraint-errors.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { assertRevision } from '../revision.ts';
import type { Expected } from '../revision.ts';
import { calendarRevision, findCalendar, readCalendar } from './calendar-rows.ts';
import type { LockedCalendar } from './calendar-rows.ts';
import { calendarUse, useText } from './calendar-use.ts';

type Deps = Pick<ServiceDeps, 'db' | 'keyRing'>;

const PROBLEMS_SHOWN = 20;
/** More of them are counted in the audit, not kept. */
const WINDOWS_AUDITED = 50;

const nameTaken = (): OpsError =>
  new OpsError('CONFLICT', 'There is a calendar of this name already. Choose another name, or change that one.', {
    fields: [{ path: 'name', message: 'is taken' }],
  });

/** Runs a write of calendars; a name that another one has is a CONFLICT. */
export const withFreeName = <T>(write: () => Promise<T>): Promise<T> => withConstraints({ uq_calendars_name: nameTaken }, write);

/** @throws OpsError VALIDATION for a zone, a window or a selector that cannot be taken */
export const checkCalendar = (input: CreateCalendar): void => {
  const fields = calendarProblems(input);
  const [first] = fields;
  if (first !== undefined)
    throw new OpsError('VALIDATION', `The calendar cannot be as it is: ${first.path} ${first.message}.`, {
      fields: fields.slice(0, PROBLEMS_SHOWN),
    });
  if (input.target_selector !== null) parseSelector(input.target_selector, 'target_selector');
};

const valuesOf = (input: CreateCalendar): unknown[] => [
  input.name,
  input.description,
  input.timezone,
  JSON.stringify(input.windows),
  input.target_selector,
  input.firing_effect,
  input.holds_runs,
];

const audited = ({
  name,
  description,
  timezone,
  windows,
  target_selector,
  firing_effect,
  holds_runs,
}: CreateCalendar): Record<string, unknown> => ({
  name,
  description,
  timezone,
  windows: windows.length <= WINDOWS_AUDITED ? windows : windows.length,
  target_selector,
  firing_effect,
  holds_runs,
});

const note = (
  { db, keyRing }: Deps,
  caller: Caller,
  event: { action: string; uuid: string; details: Record<string, unknown> },
  transaction: Transaction,
): Promise<void> =>
  recordAudit(
    db,
    keyRing.auditKey,
    {
      eventType: 'system_config_changed',
      action: event.action,
      severity: 'medium',
      actor: caller.actor,
      resourceType: 'calendars',
      resourceId: event.uuid,
      details: event.details,
    },
    transaction,
  );

/** As createCalendar, inside a transaction. @returns its uuid */
export const insertCalendar = async (deps: Deps, caller: Caller, input: CreateCalendar, transaction: Transaction): Promise<string> => {
  const row = await selectRow<{ calendar_uuid: string }>(
    deps.db,
    `INSERT INTO calendars (name, description, timezone, windows, target_selector, firing_effect, holds_runs, created_by)
     VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8) RETURNING calendar_uuid`,
    [...valuesOf(input), caller.userId],
    transaction,
  );
  if (row === undefined) throw new OpsError('INTERNAL', 'The calendar was not written.');
  const uuid = row.calendar_uuid;
  await note(deps, caller, { action: 'create_calendar', uuid, details: { after: audited(input) } }, transaction);
  return uuid;
};

/** As updateCalendar, inside a transaction that holds the lock of its row. @returns whether anything is another */
export const saveCalendar = async (
  deps: Deps,
  caller: Caller,
  before: LockedCalendar,
  input: CreateCalendar,
  transaction: Transaction,
): Promise<boolean> => {
  const [was, is] = [audited({ ...before }), audited(input)];
  if (calendarRevision(before) === calendarRevision(input)) return false;
  if (before.name.toLowerCase() !== input.name.toLowerCase()) await refuseWhileUsed(deps, before, 'renamed', transaction);
  await execute(
    deps.db,
    `UPDATE calendars SET name = $1, description = $2, timezone = $3, windows = $4::jsonb, target_selector = $5, firing_effect = $6, holds_runs = $7 WHERE id = $8`,
    [...valuesOf(input), before.id],
    transaction,
  );
  const changed = Object.keys(is).filter((field) => !isDeepStrictEqual(was[field], is[field]));
  const pick = (values: Record<string, unknown>) => Object.fromEntries(changed.map((field) => [field, values[field]]));
  const details = { name: before.name, before: pick(was), after: pick(is) };
  await note(deps, caller, { action: 'update_calendar', uuid: before.calendar_uuid, details }, transaction);
  return true;
};

/** @throws OpsError CONFLICT */
const refuseWhileUsed = async ({ db }: Deps, { name }: LockedCalendar, what: string, transaction: Transaction): Promise<void> => {
  const users = useText(await calendarUse(db, name, transaction));
  if (users !== undefined)
    throw new OpsError('CONFLICT', `The calendar ${name} cannot be ${what} while it is named by ${users}. Take its name out there first.`);
};

/** @throws OpsError VALIDATION; CONFLICT for a name that is taken */
export const createCalendar = async (deps: ServiceDeps, caller: Caller, input: CreateCalendar): Promise<Calendar> => {
  authorize(caller, 'schedules.write');
  checkCalendar(input);
  return withFreeName(() =>
    deps.db.transaction(async (transaction) => readCalendar(deps.db, await insertCalendar(deps, caller, input, transaction), transaction)),
  );
};

/**
 * Replaces what a calendar says. What it holds is looked at again within a minute.
 * @throws OpsError NOT_FOUND, VALIDATION, REVISION_MISMATCH; CONFLICT for a name that is taken, and for a new name while the old one is used
 */
export const updateCalendar = async (
  deps: ServiceDeps,
  caller: Caller,
  key: string,
  input: CreateCalendar,
  expected?: Expected,
): Promise<Calendar> => {
  authorize(caller, 'schedules.write');
  checkCalendar(input);
  return withFreeName(() =>
    deps.db.transaction(async (transaction) => {
      const before = await findCalendar(deps.db, key, transaction, true);
      assertRevision(expected, calendarRevision(before), `The calendar ${before.name}`);
      await saveCalendar(deps, caller, before, input, transaction);
      return readCalendar(deps.db, before.calendar_uuid, transaction);
    }),
  );
};

/** As deleteCalendar, inside a transaction. */
export const removeCalendar = async (
  deps: Deps,
  caller: Caller,
  key: string,
  expected: Expected,
  transaction: Transaction,
): Promise<void> => {
  const before = await findCalendar(deps.db, key, transaction, true);
  assertRevision(expected, calendarRevision(before), `The calendar ${before.name}`);
  await refuseWhileUsed(deps, before, 'deleted', transaction);
  await execute(deps.db, 'DELETE FROM calendars WHERE id = $1', [before.id], transaction);
  const event = { action: 'delete_calendar', uuid: before.calendar_uuid, details: { before: audited({ ...before }) } };
  await note(deps, caller, event, transaction);
};

/** @throws OpsError NOT_FOUND, REVISION_MISMATCH; CONFLICT, with who names it, while it is used */
export const deleteCalendar = async (deps: ServiceDeps, caller: Caller, key: string, expected?: Expected): Promise<void> => {
  authorize(caller, 'schedules.write');
  await deps.db.transaction((transaction) => removeCalendar(deps, caller, key, expected, transaction));
};
