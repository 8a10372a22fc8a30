import type { Sequelize, Transaction } from 'sequelize';
import type { BranchMark } from '../contracts/run.ts';
import { framesBehind, ordersBehind, ordersInside, pathsOf, settledFrames } from '../domain/branch-place.ts';
import type { Path, PlacedAction } from '../domain/branch-place.ts';
import { OpsError } from '../domain/ops-error.ts';
import { execute, selectRow, selectRows } from './query.ts';
import { isUnresolved } from './unknown-outcome.ts';

/** A branch that is to be run again, as it ended. */
export interface EndedBranch {
  id: number;
  branch_serial: string;
  target_name_ref: string;
  resume_position: BranchMark | null;
}

type Actions = readonly PlacedAction[];

/**
 * Settles where a branch goes on that is resumed: its place is written down, and from there on how its actions ended is open again. Behind an action of
 * which a person has said that it had succeeded, it goes on behind that.
 * @param repeatsUnknown an action that runs at most once is done again although nobody knows whether it ran
 * @throws OpsError CONFLICT when nothing can go on where it ended; nothing is changed then
 */
export const settleResume = async (
  db: Sequelize,
  branch: EndedBranch,
  actions: Actions,
  repeatsUnknown: boolean,
  transaction: Transaction,
): Promise<void> => {
  await refuseRolledBack(db, branch, transaction);
  const known = branch.resume_position;
  const mark =
    known === null ? await markByRows(db, branch, actions, transaction) : { frames: settledFrames(known.frames, actions), ran: known.ran };
  const paths = pathsOf(mark.frames);
  const done = await succeededAt(db, branch, paths, repeatsUnknown, transaction);
  const place = { ...mark, frames: framesBehind(mark.frames, done, actions) };
  await forgetBehind(db, branch.id, place, actions, transaction);
  for (const path of paths) await forgetPath(db, branch.id, path, actions, transaction);
  const position = { ...place, frames: place.frames.map(({ isDone: _, ...frame }) => frame) };
  await execute(
    db,
    'UPDATE job_execution_branches SET resume_position = $2::jsonb WHERE id = $1',
    [branch.id, JSON.stringify(position)],
    transaction,
  );
};

interface PlaceResult {
  action_order: number;
  action_name: string;
  action_serial: string;
  resolution: string | null;
  is_unknown: boolean;
}

/** Of the actions at which a branch stands, those that had succeeded by the word of a person. @throws OpsError CONFLICT: nobody knows whether one ran */
const succeededAt = async (
  db: Sequelize,
  branch: EndedBranch,
  paths: readonly Path[],
  repeatsUnknown: boolean,
  transaction: Transaction,
): Promise<Set<number>> => {
  const leaves = paths.flatMap((path) => path.slice(-1)).filter(({ inside, isDone }) => inside === undefined && isDone !== true);
  const results = await selectRows<PlaceResult>(
    db,
    `SELECT DISTINCT ON (r.action_order) r.action_order, r.action_name, r.action_serial, r.resolution,
       coalesce(${isUnresolved('r')}, false) AND a.action_config->>'delivery' IS DISTINCT FROM 'at_least_once' AS is_unknown
     FROM job_action_results r LEFT JOIN job_actions a ON a.id = r.action_id
     WHERE r.branch_id = $1 AND r.action_order = ANY($2::int[]) AND r.is_final ORDER BY r.action_order, r.iteration DESC`,
    [branch.id, leaves.map(({ order }) => order)],
    transaction,
  );
  const unknown = results.find((result) => result.is_unknown);
  if (unknown !== undefined && !repeatsUnknown) throw refusalOfUnknown(branch, unknown);
  return new Set(results.filter(({ resolution }) => resolution === 'succeeded').map(({ action_order: order }) => order));
};

const refusalOfUnknown = ({ branch_serial: serial, target_name_ref: target }: EndedBranch, result: PlaceResult): OpsError => {
  const { action_order: order, action_name: name, action_serial: action } = result;
  return new OpsError(
    'CONFLICT',
    `Nobody knows whether action ${order} (${name}) of branch ${serial} (${target}) ran: going on there might run it a second time. Look at the target ` +
      `and say what you found (opsconductor runs resolve ${action}), or resume with repeat_unknown (--repeat-unknown). Nothing was changed.`,
  );
};

const refusal = ({ branch_serial: serial, target_name_ref: target }: EndedBranch, why: string): OpsError =>
  new OpsError(
    'CONFLICT',
    `Branch ${serial} (${target}) cannot go on where it ended: ${why} Run it again from its first action. Nothing was changed.`,
  );

const refuseRolledBack = async (db: Sequelize, branch: EndedBranch, transaction: Transaction): Promise<void> => {
  const undone = await selectRow(
    db,
    `SELECT r.id FROM job_action_results r JOIN job_actions a ON a.id = r.action_id AND a.parent_slot = 'rollback'
     WHERE r.branch_id = $1 AND r.is_final AND r.started_at IS NOT NULL LIMIT 1`,
    [branch.id],
    transaction,
  );
  if (undone !== undefined) throw refusal(branch, 'what it had done was rolled back.');
};

/** The action of the job's own list at which the branch failed; when none did, the first that it did not come to. */
const FAILED_ACTION = `coalesce(
  (SELECT max(r.action_order) FROM job_action_results r JOIN job_actions a ON a.id = r.action_id AND a.parent_action_id IS NULL
   WHERE r.branch_id = $1 AND r.is_final AND r.started_at IS NOT NULL AND r.status IN ('failed', 'cancelled')),
  (SELECT min(r.action_order) FROM job_action_results r JOIN job_actions a ON a.id = r.action_id AND a.parent_action_id IS NULL
   WHERE r.branch_id = $1 AND r.is_final AND (r.status = 'cancelled' OR r.skip_reason IN ('branch_stopped', 'skip_remaining'))), 0)`;

/** Of a branch whose workflow did not tell its place: it was terminated, or never began. */
const markByRows = async (db: Sequelize, branch: EndedBranch, actions: Actions, transaction: Transaction): Promise<BranchMark> => {
  const found = await selectRow<{ order: number; has_begun: boolean; ran: number[] }>(
    db,
    `SELECT p.order, EXISTS (SELECT 1 FROM job_action_results r WHERE r.branch_id = $1 AND r.action_order = p.order AND r.is_final AND r.started_at IS NOT NULL) AS has_begun,
       ARRAY(SELECT r.action_order FROM job_action_results r WHERE r.branch_id = $1 AND r.is_final
         AND (r.action_order < p.order AND r.status = 'completed' OR r.action_order = p.order AND r.resolution = 'succeeded')
         AND EXISTS (SELECT 1 FROM job_actions u WHERE u.parent_action_id = r.action_id AND u.parent_slot = 'rollback') ORDER BY r.id) AS ran
     FROM (SELECT ${FAILED_ACTION} AS "order") p`,
    [branch.id],
    transaction,
  );
  const order = found?.order ?? 0;
  if (found?.has_begun === true && actions.some(({ parent, slot }) => parent === order && slot !== 'rollback'))
    throw refusal(branch, `its workflow was ended from outside, and did not tell how far it was inside of action ${order}.`);
  return { frames: [{ order }], ran: (found?.ran ?? []).map((ran) => [ran]) };
};

const NEVER_STARTED = `r.started_at IS NULL AND r.status IN ('cancelled', 'skipped')`;

/** Behind the place in the branch's own list all is open again; inside of it, what the end of the branch wrote of actions that it did not come to. */
const forgetBehind = async (
  db: Sequelize,
  id: number,
  { frames }: BranchMark,
  actions: Actions,
  transaction: Transaction,
): Promise<void> => {
  const [top] = frames;
  const first = top?.order ?? 0;
  const last = top?.inside === undefined ? first - 1 : Math.max(...ordersInside(first, actions));
  await execute(
    db,
    `WITH dropped AS (DELETE FROM job_action_results r USING job_execution_branches b WHERE b.id = $1 AND r.branch_id = b.id AND ${NEVER_STARTED}
       AND (r.action_order > $3 OR (r.action_order >= $2 AND r.completed_at = b.completed_at AND r.skip_reason IS DISTINCT FROM 'disabled')))
     UPDATE job_action_results r SET is_final = false WHERE r.branch_id = $1 AND r.action_order > $3 AND r.is_final AND r.started_at IS NOT NULL`,
    [id, first, last],
    transaction,
  );
};

/** Along a way to the place: the last time of each action on it, and what ran behind it because of the failure. */
const forgetPath = async (db: Sequelize, id: number, path: Path, actions: Actions, transaction: Transaction): Promise<void> => {
  const chain = path.filter(({ isDone }) => isDone !== true).map(({ order }) => order);
  await execute(
    db,
    `WITH last AS (SELECT DISTINCT ON (r.action_order) r.id, r.action_order, r.started_at FROM job_action_results r
         WHERE r.branch_id = $1 AND r.action_order = ANY($2::int[]) AND r.is_final ORDER BY r.action_order, r.iteration DESC),
       place AS (SELECT max(started_at) AS since FROM last WHERE action_order = $3),
       again AS (SELECT r.id FROM job_action_results r WHERE r.branch_id = $1 AND r.is_final AND (
         r.id IN (SELECT id FROM last) AND r.status <> 'completed' AND r.resolution IS DISTINCT FROM 'succeeded'
         OR r.action_order = ANY($4::int[]) AND coalesce(r.started_at, r.completed_at) >= (SELECT since FROM place))),
       dropped AS (DELETE FROM job_action_results r USING again WHERE r.id = again.id AND ${NEVER_STARTED})
     UPDATE job_action_results r SET is_final = false FROM again WHERE r.id = again.id AND r.started_at IS NOT NULL`,
    [id, chain, path.at(-1)?.order ?? 0, ordersBehind(path, actions)],
    transaction,
  );
};
