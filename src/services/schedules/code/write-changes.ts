import type { Transaction } from 'sequelize';
import type { AppliedSchedules } from '../../../contracts/schedule-code.ts';
import { execute } from '../../../db/query.ts';
import { recordAudits } from '../../../db/record-audit.ts';
import type { AuditEvent } from '../../../db/record-audit.ts';
import { OpsError } from '../../../domain/ops-error.ts';
import type { Caller, ServiceDeps } from '../../context.ts';
import { insertSchedule, updateScheduleRow } from '../save-schedule.ts';
import type { SavedSchedule } from '../save-schedule.ts';
import { lockSchedules } from '../schedule-lock.ts';
import { readRowsAgain } from './code-rows.ts';
import type { CodeRow } from './code-rows.ts';
import { compareWithRow } from './compare.ts';
import type { Comparison } from './compare.ts';
import type { Compared, ComparedSet } from './compare-set.ts';
import type { ResolvedDefinition } from './resolve-set.ts';

/** Rows of one transaction. */
const OF_ONE_TRANSACTION = 100;

export type Written = Pick<AppliedSchedules, 'created' | 'updated' | 'adopted' | 'deleted'>;
type Deps = Pick<ServiceDeps, 'db' | 'keyRing'>;

const auditOf = (caller: Caller, action: string, serial: string, details: Record<string, unknown>): AuditEvent => ({
  eventType: 'schedule_changed',
  action,
  actor: caller.actor,
  resourceType: 'job_schedules',
  resourceId: serial,
  details,
});

const chunksOf = <T>(items: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(items.length / OF_ONE_TRANSACTION) }, (_, index) =>
    items.slice(index * OF_ONE_TRANSACTION, (index + 1) * OF_ONE_TRANSACTION),
  );

const savedOf = ({ input, path }: ResolvedDefinition, { definition }: Comparison): SavedSchedule => ({
  definition,
  description: input.description,
  source: 'code',
  path,
  definedPaused: input.paused,
});

/** What the definition says of a pause, when it says something else than before: what operators did since then stays otherwise. */
const pauseOf = (row: CodeRow, { input }: ResolvedDefinition, isOther: boolean): { status: string; note: string | null } | undefined => {
  const { defined_paused: before = false } = row.schedule_config;
  const isChanged = row.status === 'expired' ? isOther && input.paused : input.paused !== before;
  if (!isChanged) return undefined;
  return { status: input.paused ? 'paused' : 'active', note: input.paused ? (input.status_note ?? null) : null };
};

/** What concerns neither its firing nor its runs: an expired schedule stays expired, and Temporal is told only whose the schedule is now. */
const UPDATE_FACTS = `UPDATE job_schedules SET description = $2, definition_source = 'code', definition_path = $3,
  schedule_config = jsonb_set(schedule_config, '{defined_paused}', to_jsonb($4::boolean)),
  described_hash = CASE WHEN definition_source = 'code' THEN described_hash END,
  sync_status = CASE WHEN definition_source = 'code' OR status = 'expired' THEN sync_status ELSE 'pending' END WHERE id = $1`;

const writeUpdate = async (deps: Deps, row: CodeRow, resolved: ResolvedDefinition, compared: Comparison, transaction: Transaction) => {
  const { db } = deps;
  const { input, path, job } = resolved;
  if (compared.isOther) await updateScheduleRow(deps, job, row, savedOf(resolved, compared), transaction);
  else await execute(db, UPDATE_FACTS, [row.id, input.description, path, input.paused], transaction);
  const pause = pauseOf(row, resolved, compared.isOther);
  if (pause !== undefined)
    await execute(
      db,
      `UPDATE job_schedules SET status = $2, status_note = $3, sync_status = 'pending' WHERE id = $1`,
      [row.id, pause.status, pause.note],
      transaction,
    );
};

const meanwhile = (row: Pick<CodeRow, 'schedule_serial'>): OpsError =>
  new OpsError('CONFLICT', `${row.schedule_serial} was changed meanwhile by somebody else. Plan and apply again; what was applied stays.`);

/** As it is under its lock now. @throws OpsError CONFLICT when that cannot be applied any more */
const comparedAgain = ({ keyRing }: Deps, { serialOf }: ComparedSet, { row: before, resolved }: Compared, row: CodeRow | undefined) => {
  if (before !== undefined && row === undefined) throw meanwhile(before);
  const compared = compareWithRow({ keyRing, serialOf }, resolved, row);
  if ('fields' in compared) throw meanwhile(before ?? { schedule_serial: resolved.input.name });
  return compared;
};

const DONE = { create: 'created', update: 'updated', adopt: 'adopted' } as const;

/** Writes one definition. @returns what stands in the audit trail of it, if anything was to be done */
const writeOne = async (
  deps: Deps,
  caller: Caller,
  { resolved, row, compared }: { resolved: ResolvedDefinition; row: CodeRow | undefined; compared: Comparison },
  transaction: Transaction,
): Promise<AuditEvent | undefined> => {
  const { change, differences } = compared;
  if (change === 'unchanged') return undefined;
  const { input, job, source } = resolved;
  const details = { source, job: job.job_serial, name: input.name, differences };
  if (row !== undefined) {
    await writeUpdate(deps, row, resolved, compared, transaction);
    return auditOf(caller, `${change}_schedule`, row.schedule_serial, details);
  }
  const state = { userId: caller.userId, paused: input.paused, note: input.paused ? (input.status_note ?? null) : null };
  const { serial } = await insertSchedule(deps, job, savedOf(resolved, compared), state, transaction);
  return auditOf(caller, 'create_schedule', serial, details);
};

const writeChunk = async (deps: Deps, caller: Caller, set: ComparedSet, chunk: readonly Compared[], written: Written): Promise<void> => {
  const { db, keyRing } = deps;
  const counts: (keyof Written)[] = [];
  await db.transaction(async (transaction) => {
    const ids = chunk.flatMap(({ row }) => row?.id ?? []);
    await lockSchedules(db, ids, transaction);
    const rows = new Map((await readRowsAgain(db, ids, transaction)).map((row) => [row.id, row]));
    const events: AuditEvent[] = [];
    for (const one of chunk) {
      const row = one.row && rows.get(one.row.id);
      const compared = comparedAgain(deps, set, one, row);
      const event = await writeOne(deps, caller, { resolved: one.resolved, row, compared }, transaction);
      if (event !== undefined) events.push(event);
      if (compared.change !== 'unchanged') counts.push(DONE[compared.change]);
    }
    await recordAudits(db, keyRing.auditKey, events, transaction);
  });
  for (const done of counts) written[done] += 1;
};

const deleteChunk = async (deps: Deps, caller: Caller, chunk: readonly CodeRow[], written: Written): Promise<void> => {
  const { db, keyRing } = deps;
  const count = await db.transaction(async (transaction) => {
    const ids = chunk.map(({ id }) => id);
    await lockSchedules(db, ids, transaction);
    const rows = (await readRowsAgain(db, ids, transaction)).filter(({ definition_source: source }) => source === 'code');
    await execute(
      db,
      `UPDATE job_schedules SET deleted_at = now(), sync_status = 'pending' WHERE id = ANY($1::bigint[])`,
      [rows.map(({ id }) => id)],
      transaction,
    );
    const events = rows.map(({ schedule_serial: serial, name, definition_path: path }) =>
      auditOf(caller, 'delete_schedule', serial, { name, source: path, why: 'It is in no file any more.' }),
    );
    await recordAudits(db, keyRing.auditKey, events, transaction);
    return rows.length;
  });
  written.deleted += count;
};

/**
 * Writes what is to be changed, some rows with their audit events in each transaction, until it is time to answer: what was written stays when a later
 * one fails.
 * @returns with how many are left for the next call
 */
export const writeChanges = async (
  deps: Deps,
  caller: Caller,
  set: ComparedSet,
  { prune, budgetMs }: { prune: boolean; budgetMs: number },
): Promise<Written & { unwritten: number }> => {
  const end = Date.now() + budgetMs;
  const written: Written = { created: 0, updated: 0, adopted: 0, deleted: 0 };
  const changed = set.compared.filter(({ change }) => change !== 'unchanged');
  if (prune) for (const chunk of chunksOf(set.left)) await deleteChunk(deps, caller, chunk, written);
  const chunks = chunksOf(changed);
  while (chunks.length > 0 && Date.now() < end) await writeChunk(deps, caller, set, chunks.shift() ?? [], written);
  return { ...written, unwritten: chunks.flat().length };
};
