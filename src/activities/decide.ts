import type { Sequelize } from 'sequelize';
import { readFetched } from '../db/fetched-artifacts.ts';
import type { FetchedArtifact } from '../db/fetched-artifacts.ts';
import { selectRow, selectRows } from '../db/query.ts';
import type { Values } from '../domain/conditions.ts';
import { failsBranch } from '../domain/branch-decisions.ts';
import { MaskedText } from '../domain/masked-text.ts';
import { holdsMask } from '../domain/secret-mask.ts';
import { SO_FAR_VARIABLES } from '../domain/system-variables.ts';
import type { BranchContext } from './run-action/load-branch-context.ts';

const OUTPUT_LIMIT = 65_536;
const ENDED = `r.is_final AND r.status IN ('completed', 'failed') AND r.action_type NOT IN ('condition', 'parallel', 'wait', 'approval')`;

/** What a person found out of one that was lost counts. */
const HOW_ENDED = `CASE WHEN r.status = 'failed' AND r.resolution = 'succeeded' THEN 'completed' ELSE r.status END`;
const SHOWN = `r.action_order AS "order", r.action_name AS name, r.output_masked AS masked`;

/** What of a branch decides. */
type Known = Pick<BranchContext, 'branchId' | 'definition' | 'variables'>;

/** Text of the variables of a job in the types that they declare. */
const typed = ({ definition, variables }: Known): Values => {
  const values: Values = { ...variables };
  for (const { key, type } of definition.variables) {
    const text = variables[key];
    if (text === undefined || type === 'string') continue;
    values[key] = JSON.parse(text);
  }
  return values;
};

/** The end of an output without its last line breaks, as `$(…)` of a shell gives it: a header or a line of cmd.exe could not take them. */
const tail = (column: string): string => `rtrim(right(coalesce(${column}, ''), ${OUTPUT_LIMIT}), E'\\r\\n')`;

interface Shown {
  order: number;
  name: string;
  masked: boolean;
}

/** A text of a result as a value; where secrets were masked in it, what says so in its place. */
const valueOf = ({ order, name, masked }: Shown, what: 'output' | 'error', text: string): string | MaskedText =>
  masked && holdsMask(text) ? new MaskedText(`action ${order} (${name})`, what) : text;

const previousOf = async (db: Sequelize, branchId: number): Promise<Values> => {
  const row = await selectRow<Shown & { output: string; exit_code: number | null }>(
    db,
    `SELECT ${tail('r.result_output')} AS output, r.exit_code, ${SHOWN} FROM job_action_results r
     WHERE r.branch_id = $1 AND ${ENDED} ORDER BY r.completed_at DESC, r.id DESC LIMIT 1`,
    [branchId],
  );
  if (row === undefined) return {};
  return { PREVIOUS_ACTION_OUTPUT: valueOf(row, 'output', row.output), PREVIOUS_ACTION_EXIT_CODE: row.exit_code };
};

const soFarOf = async (db: Sequelize, { branchId, definition }: Known): Promise<Values> => {
  const row = await selectRow<{ seconds: number; failed: number[] }>(
    db,
    `SELECT extract(epoch FROM clock_timestamp() - coalesce(e.started_at, e.created_at))::int AS seconds,
       ARRAY(SELECT r.action_order FROM job_action_results r WHERE r.branch_id = b.id AND r.is_final AND r.status = 'failed' AND r.resolution IS DISTINCT FROM 'succeeded') AS failed
     FROM job_execution_branches b JOIN job_executions e ON e.id = b.job_execution_id WHERE b.id = $1`,
    [branchId],
  );
  const isFailed = row?.failed.some((order) => failsBranch(order, definition.actions)) === true;
  return { EXECUTION_DURATION: row?.seconds ?? 0, JOB_RESULT: isFailed ? 'failed' : 'completed' };
};

/** The results that an expression names as `actions.KEY`, of each the latest. */
const resultsOf = async (db: Sequelize, { branchId, definition }: Known, expression: string): Promise<Values> => {
  const named = new Set([...expression.matchAll(/\bactions\.([a-z][a-z0-9_]*)/g)].map(([, key]) => key));
  const wanted = definition.actions.filter(({ key }) => named.has(key));
  if (wanted.length === 0) return {};
  const rows = await selectRows<Shown & { output: string; error: string; exit_code: number | null; status: string }>(
    db,
    `SELECT DISTINCT ON (r.action_order) ${SHOWN}, ${tail('r.result_output')} AS output,
       ${tail('r.result_error')} AS error, r.exit_code, ${HOW_ENDED} AS status
     FROM job_action_results r WHERE r.branch_id = $1 AND r.is_final AND r.action_order = ANY($2::int[])
     ORDER BY r.action_order, r.iteration DESC`,
    [branchId, wanted.map(({ order }) => order)],
  );
  const keyOf = new Map(wanted.map(({ key, order }) => [order, key]));
  const results = rows.map(({ exit_code, status, ...row }): [string | undefined, object] => [
    keyOf.get(row.order),
    { output: valueOf(row, 'output', row.output), error: valueOf(row, 'error', row.error), exit_code, status },
  ]);
  const fetched = wanted.filter(({ key }) => expression.includes(`actions.${key}.artifact`));
  return withArtifacts(Object.fromEntries(results), fetched.length === 0 ? [] : await readFetched(db, branchId, fetched));
};

const withArtifacts = (results: Record<string, object>, fetched: readonly FetchedArtifact[]): Values => ({
  ...results,
  ...Object.fromEntries(fetched.map(({ key, artifact }) => [key, { ...results[key], artifact }])),
});

/** What conditions and expressions of a branch may name. */
export const readValues = async (db: Sequelize, context: Known, loop: Values, text: string): Promise<Values> => ({
  ...typed(context),
  ...loop,
  ...(text.includes('PREVIOUS_ACTION_') && (await previousOf(db, context.branchId))),
  ...(SO_FAR_VARIABLES.some((name) => text.includes(name)) && (await soFarOf(db, context))),
  actions: await resultsOf(db, context, text),
});
