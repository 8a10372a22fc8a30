import type { Transaction } from 'sequelize';
import { ScheduleItem } from '../../../contracts/data-document.ts';
import type { ImportRow } from '../../../contracts/data-transfer.ts';
import type { ScheduleDefinition, UpdateSchedule } from '../../../contracts/schedule.ts';
import { selectRow, selectRows } from '../../../db/query.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import { findJob } from '../../schedules/resolve-input.ts';
import { addSchedule, authorizeFirings, editSchedule, removeSchedule } from '../../schedules/schedule-edits.ts';
import { lockSchedules } from '../../schedules/schedule-lock.ts';
import { readScheduleRow } from '../../schedules/schedule-row.ts';
import type { ScheduleRow } from '../../schedules/schedule-row.ts';
import { claim, claimedIds } from '../match.ts';
import { changesOf, importOne, nameIn, parseItem, resultOf } from '../row-result.ts';
import type { RawRow } from '../sheets/sheet.ts';
import { scheduleItems } from './export-schedules.ts';
import type { DataKind, ImportContext, Other } from './kind.ts';
import { isSameSchedule, readVariables } from './schedule-variables.ts';

const TYPE = 'schedules';

/** Of the job that an item names by its serial, or by its name if no other has it. @throws OpsError NOT_FOUND, AMBIGUOUS */
const jobOf = async ({ deps: { db } }: ImportContext, key: string, transaction: Transaction): Promise<string> => {
  const jobs = await selectRows<{ serial: string }>(
    db,
    `SELECT job_serial AS serial FROM jobs WHERE deleted_at IS NULL AND NOT is_template AND (job_serial = $1 OR name = $1) ORDER BY (job_serial = $1) DESC, id`,
    [key],
    transaction,
  );
  const [first] = jobs;
  const fields = [{ path: 'job', message: 'is the serial or the name of no job, or the name of several' }];
  if (first === undefined) throw new OpsError('NOT_FOUND', `There is no job "${key}".`, { fields });
  if (first.serial !== key && jobs.length > 1) throw new OpsError('AMBIGUOUS', `${jobs.length} jobs have the name "${key}".`, { fields });
  return first.serial;
};

/** The schedule of this job and name, locked. */
const find = async (
  { deps: { db } }: ImportContext,
  job: string,
  name: string,
  transaction: Transaction,
): Promise<ScheduleRow | undefined> => {
  const known = await selectRow<{ id: number }>(
    db,
    `SELECT s.id FROM job_schedules s JOIN jobs j ON j.id = s.job_id WHERE s.deleted_at IS NULL AND j.job_serial = $1 AND s.name = $2`,
    [job, name],
    transaction,
  );
  if (known === undefined) return undefined;
  await lockSchedules(db, [known.id], transaction);
  return readScheduleRow(db, known.id, transaction);
};

const inputOf = (
  { targetSerials }: ImportContext,
  { job: _, paused: __, status_note: ___, targets, ...rest }: ScheduleDefinition,
): UpdateSchedule => ({
  ...rest,
  ...(targets !== undefined && { targets: targets.map((serial) => targetSerials.get(serial) ?? serial) }),
});

const change = async (
  context: ImportContext,
  { row, before, input }: { row: number; before: ScheduleRow; input: UpdateSchedule },
  transaction: Transaction,
): Promise<ImportRow> => {
  const { deps, caller, mode } = context;
  const about = { row, type: TYPE, name: input.name, serial: before.schedule_serial } as const;
  if (mode === 'append') return resultOf(about, 'skipped');
  if (before.definition_source === 'code')
    return resultOf(about, 'skipped', { warnings: ['It is defined in code: it is changed where it is written.'] });
  if (await isSameSchedule(deps, before, input, transaction)) return resultOf(about, 'unchanged');
  const differences = await editSchedule(deps, caller, before, { input }, transaction);
  return resultOf(about, 'updated', { changes: changesOf(differences) });
};

const become = async (context: ImportContext, { row, item }: RawRow, transaction: Transaction): Promise<ImportRow> => {
  const { deps, caller } = context;
  authorizeFirings(caller);
  const { kind: _, sealed = {}, ...definition } = parseItem(ScheduleItem, item, TYPE);
  const serial = await jobOf(context, definition.job, transaction);
  const before = await find(context, serial, definition.name, transaction);
  const job = await findJob(deps.db, serial, transaction);
  const { variables, unsaid } = readVariables(context, { definition, sealed, before, job });
  const input = { ...inputOf(context, definition), variables };
  const warnings = unsaid.map((key) => `The document has no value for the secret ${key}: give it one before the schedule fires.`);
  if (before !== undefined) {
    claim(context, TYPE, before.id, row);
    return change(context, { row, before, input }, transaction);
  }
  const { paused, status_note: note } = definition;
  const made = await addSchedule(
    deps,
    caller,
    { ...input, job: serial, paused, ...(note !== undefined && { status_note: note }) },
    transaction,
  );
  claim(context, TYPE, made.id, row);
  return resultOf({ row, type: TYPE, name: definition.name, serial: made.serial }, 'created', { warnings });
};

/** Schedules, by their job and name; they come after the jobs that they start. Temporal is told of them by the reconciler. */
export const SCHEDULES: DataKind = {
  type: TYPE,
  kind: 'schedule',
  read: 'schedules.read',
  write: 'schedules.write',
  rowsAtOnce: 50,
  itemsOf: scheduleItems,
  importRows: async (context, rows, transaction) => {
    const results: ImportRow[] = [];
    for (const raw of rows) {
      const name = { row: raw.row, type: TYPE, name: nameIn(raw.item) } as const;
      results.push(await importOne(context, raw, name, transaction, () => become(context, raw, transaction)));
    }
    return results;
  },
  others: (context, transaction) =>
    selectRows<Other>(
      context.deps.db,
      `SELECT id, schedule_serial AS key, name FROM job_schedules WHERE deleted_at IS NULL AND definition_source <> 'code' AND id <> ALL($1::bigint[]) ORDER BY id`,
      [claimedIds(context, TYPE)],
      transaction,
    ),
  remove: async ({ deps, caller }, { id, key: serial }, transaction) => {
    await lockSchedules(deps.db, [id], transaction);
    await removeSchedule(deps, caller, { id, serial }, undefined, transaction);
  },
};
