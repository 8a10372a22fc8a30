import type { Sequelize, Transaction } from 'sequelize';
import { matchesSelector, parseSelector } from '../../domain/selector.ts';
import type { SelectedTarget } from '../../domain/selector.ts';
import { noteRun } from '../note-run.ts';
import { execute, selectRow, selectRows } from '../query.ts';
import type { Bind } from '../query.ts';
import { selectorCondition } from '../selector-sql.ts';
import { ATTRIBUTE_COLUMNS } from '../target-attribute.ts';
import { CALENDAR_COLUMNS, inForce } from './calendar-rows.ts';
import type { CalendarRow } from './calendar-rows.ts';
import { blackoutText, calendarsOfRun, holdingOf } from './hold-run.ts';
import type { HoldingBlackout } from './hold-run.ts';

/** Calendars that hold whatever runs on their targets. */
const selectorCalendars = (db: Sequelize, transaction?: Transaction): Promise<CalendarRow[]> =>
  selectRows<CalendarRow>(
    db,
    `SELECT ${CALENDAR_COLUMNS} FROM calendars c WHERE c.holds_runs AND c.target_selector IS NOT NULL ORDER BY lower(c.name)`,
    [],
    transaction,
  );

interface BranchRow {
  id: number;
  job_execution_id: number;
  labels: Record<string, string>;
}

const ATTRIBUTES = Object.entries(ATTRIBUTE_COLUMNS).map(([key, column]) => `t.${column} AS ${key}`);
const BRANCH = `
SELECT b.id, b.job_execution_id, t.labels, ${ATTRIBUTES.join(', ')} FROM job_execution_branches b JOIN universal_targets t ON t.id = b.target_id
WHERE b.branch_serial = $1`;

/** From now on it waits; the time is none that it works. One lane of a parallel block may be held while an approval waits in another. */
const HOLD = `
UPDATE job_execution_branches SET hold_reason = 'blackout', held_spans = held_spans || jsonb_build_array(jsonb_build_array(now(), NULL))
WHERE id = $1 AND status = 'running' AND (hold_reason IS NULL OR hold_reason = 'approval') RETURNING id`;
const RELEASE = `
UPDATE job_execution_branches b SET hold_reason = CASE WHEN EXISTS (
    SELECT 1 FROM job_action_results r WHERE r.branch_id = b.id AND r.action_type = 'approval' AND r.status = 'running') THEN 'approval' END, held_spans = (
  SELECT coalesce(jsonb_agg(CASE WHEN span->1 = 'null' THEN jsonb_build_array(span->0, now()) ELSE span END ORDER BY place), '[]')
  FROM jsonb_array_elements(held_spans) WITH ORDINALITY AS spans (span, place))
WHERE id = $1 AND hold_reason = 'blackout' RETURNING id`;

/** Between two actions of a branch: must it wait, and until when? Its row says so while it does. A repeat gives what is so then. */
export const holdBranch = async (db: Sequelize, branch: string): Promise<HoldingBlackout | undefined> => {
  const row = await selectRow<BranchRow & SelectedTarget>(db, BRANCH, [branch]);
  if (row === undefined) return undefined;
  const [ofRun, ofTargets] = await Promise.all([calendarsOfRun(db, row.job_execution_id), selectorCalendars(db)]);
  const concerned = ofTargets.filter(({ target_selector: selector }) => selector !== null && matchesSelector(parseSelector(selector), row));
  const blackout = holdingOf([...ofRun, ...concerned], Date.now());
  const changed = await selectRow(db, blackout === undefined ? RELEASE : HOLD, [row.id]);
  if (changed !== undefined && blackout !== undefined)
    await noteRun(db, row.job_execution_id, `${branch} is held by ${blackoutText(blackout)}.`, 'info');
  return blackout;
};

/** Part of a statement: a target `t` of a calendar that is in force now. */
const isHeldTarget = async (db: Sequelize, first: number, transaction?: Transaction): Promise<{ sql: string; bind: Bind } | undefined> => {
  const held = inForce(await selectorCalendars(db, transaction), Date.now());
  const bind: unknown[] = [];
  const conditions = held.flatMap(({ calendar: { target_selector: selector } }) => {
    if (selector === null) return [];
    const condition = selectorCondition(parseSelector(selector), 't', first + bind.length);
    bind.push(...condition.bind);
    return [condition.sql];
  });
  return conditions.length === 0 ? undefined : { sql: `(${conditions.join(' OR ')})`, bind };
};

/** Marks branches of a run that have not begun, or wait to be run again, and whose targets are blacked out: they ask before their first action. */
export const markHeldBranches = async (db: Sequelize, executionId: number, transaction?: Transaction): Promise<void> => {
  const held = await isHeldTarget(db, 2, transaction);
  if (held === undefined) return;
  await execute(
    db,
    `UPDATE job_execution_branches b SET hold_reason = 'blackout' FROM universal_targets t
     WHERE b.job_execution_id = $1 AND (b.status = 'scheduled' OR (b.status = 'running' AND b.run_id IS NULL)) AND b.hold_reason IS NULL AND t.id = b.target_id AND ${held.sql}`,
    [executionId, ...held.bind],
    transaction,
  );
};

/** A branch whose workflow has to ask whether it must wait, or may go on. */
export interface AskingBranch {
  workflow_id: string;
  /** It waits, and may go on; else it works, and must wait. */
  is_held: boolean;
}

const OPEN = `b.status IN ('scheduled', 'running') AND e.status = 'running'`;

/**
 * Looks at all branches that have not ended: marks those that have not begun, and takes the mark from those whose targets are open.
 * @param runs that are held as a whole
 * @returns the branches at work that have to ask
 */
export const lookAtBranches = async (db: Sequelize, runs: readonly number[]): Promise<AskingBranch[]> => {
  const held = (await isHeldTarget(db, 2)) ?? { sql: 'false', bind: [] };
  const rows = await selectRows<AskingBranch>(
    db,
    `WITH looked AS MATERIALIZED (
       SELECT b.id, b.workflow_id, b.hold_reason, (b.status = 'scheduled' OR b.run_id IS NULL) AS is_new, ${held.sql} AS by_target, e.id = ANY($1::bigint[]) AS by_run
       FROM job_execution_branches b JOIN job_executions e ON e.id = b.job_execution_id JOIN universal_targets t ON t.id = b.target_id
       WHERE ${OPEN} AND (b.hold_reason = 'blackout' OR e.id = ANY($1::bigint[]) OR ${held.sql})),
     marked AS (
       UPDATE job_execution_branches b SET hold_reason = CASE WHEN looked.by_target THEN 'blackout' END FROM looked
       WHERE b.id = looked.id AND looked.is_new AND coalesce(b.hold_reason = 'blackout', false) <> looked.by_target)
     SELECT workflow_id, coalesce(hold_reason = 'blackout', false) AS is_held FROM looked
     WHERE NOT is_new AND workflow_id IS NOT NULL AND ((by_target OR by_run) <> coalesce(hold_reason = 'blackout', false)) ORDER BY id`,
    [runs, ...held.bind],
  );
  return rows;
};
