import { createBranchActivities } from '../../../src/activities/branch-activities.ts';
import { createReconcileActivities } from '../../../src/activities/reconcile.ts';
import { endAttempt, startAttempt } from '../../../src/activities/run-action/attempt-record.ts';
import { loadBranchContext } from '../../../src/activities/run-action/load-branch-context.ts';
import { createOutputWriter } from '../../../src/activities/run-action/output-writer.ts';
import { createRunActivities } from '../../../src/activities/run-activities.ts';
import { finishRun } from '../../../src/db/close-run.ts';
import { createDefinitionCache } from '../../../src/db/load-definition.ts';
import { countBranches } from '../../../src/db/notify-run.ts';
import { selectRow } from '../../../src/db/query.ts';
import { OpsError } from '../../../src/domain/ops-error.ts';
import { createSecretMask } from '../../../src/domain/secret-mask.ts';
import { childSerial } from '../../../src/domain/serials.ts';
import { DONE_SHARE } from '../run-rows.ts';
import type { World } from '../world.ts';
import { pick } from './query-case.ts';
import type { QueryCase } from './query-case.ts';

const FAILED = { status: 'failed', exitCode: 1, failureCategory: 'command_execution', errorCode: 'COMMAND_FAILED' } as const;
const COMPLETED = { status: 'completed', exitCode: 0, failureCategory: null, errorCode: null } as const;
const END = { failureCategory: null, errorCode: null, message: null, skipReason: 'branch_stopped' } as const;
const OUTPUT = Buffer.from('a line of output\n'.repeat(100));

/** Credentials of the fill are sealed with no key: the rows were read, and that is what counts here. */
const unreadable = (error: unknown): void => {
  if (!(error instanceof OpsError) || error.code !== 'CREDENTIAL_UNREADABLE') throw error;
};

/** What a worker reads and writes while a run goes on, and what the reconciler looks at. */
export const activityCases = (world: World): QueryCase[] => {
  const { db, activities: deps, filled } = world;
  const running = filled.runs.filter((run) => run.status === 'running');
  const waiting = filled.runs.filter((run) => run.status === 'scheduled');
  const done = Math.floor(filled.size.targets * DONE_SHARE);
  const run = (n: number): string => pick(running, n).serial;
  /** A branch that runs, one action done and one running. */
  const branch = (n: number): string => childSerial(run(n), done + 1 + (n % 2));
  const unbegun = (n: number): string => childSerial(run(n), filled.size.targets - (n % 4));
  const branchActivities = createBranchActivities(deps);
  const runActivities = createRunActivities(deps);
  const attemptOf = (n: number) =>
    selectRow<{ id: number; branch_id: number; execution_id: number }>(
      db,
      `SELECT r.id, r.branch_id, b.job_execution_id AS execution_id FROM job_action_results r JOIN job_execution_branches b ON b.id = r.branch_id
       WHERE r.action_serial = $1 AND r.iteration = 1 AND r.attempt = 1`,
      [childSerial(branch(n), 2)],
    );
  const attempt = async (n: number) => {
    const found = await attemptOf(n);
    if (found === undefined) throw new Error(`${branch(n)} has no running attempt.`);
    return found;
  };
  const row = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'row', covers, call });
  const page = (name: string, covers: readonly string[], call: QueryCase['call']): QueryCase => ({ name, kind: 'page', covers, call });
  const finish = (id: number) =>
    finishRun(db, id, { cancelled: true, failureCategory: null, errorCode: null, message: null, closedBy: 'workflow' });

  return [
    row('slot asked for', ['requestSlot', 'grantSlots', 'projectJobStatus'], (n) =>
      runActivities.requestSlot({ execution: pick(waiting, n).serial, workflowId: 'w', runId: 'r' }),
    ),
    page('targets planned', ['planTargets', 'planBranches'], async (n) => {
      const { serial } = pick(waiting, n);
      await runActivities.requestSlot({ execution: serial, workflowId: 'w', runId: 'r' });
      await runActivities.planTargets({ execution: serial });
    }),
    page('branches of a shard', ['loadBranches'], (n) => runActivities.loadBranches({ execution: run(n), from: 1, to: 500 })),
    page('time of a run asked for', ['timeLeft'], (n) =>
      runActivities.timeLeft({ execution: run(n), limitMs: 1_000, periods: [[0, Date.now()]] }),
    ),
    row('run timed out', ['markTimedOut'], (n) => runActivities.markTimedOut({ execution: run(n) })),
    page('shard stopped', ['stopShard'], (n) =>
      runActivities.stopShard({ execution: pick(running, n).serial, shard: 1, from: 1, to: 500, how: 'cancelled' }),
    ),
    page('run closed', ['finishExecution', 'finishRun', 'projectJobStatus'], async (n) => {
      await finish(pick(running, n).id);
      await runActivities.finishExecution({
        execution: pick(waiting, n).serial,
        cancelled: true,
        failureCategory: null,
        errorCode: null,
        message: null,
      });
    }),
    row('branch opened', ['openBranch', 'createDefinitionCache'], async (n) => {
      await branchActivities.openBranch({ branch: unbegun(n), workflowId: 'w', runId: `run-${n}` });
      await createDefinitionCache(db)(pick(filled.jobs, n).id, 3);
    }),
    row('what a branch needs', ['loadBranchContext'], (n) =>
      loadBranchContext(deps, createDefinitionCache(db), branch(n)).catch(unreadable),
    ),
    row('attempt begun and closed', ['startAttempt', 'endAttempt'], async (n) => {
      const { id, branch_id: branchId } = await attempt(n);
      await endAttempt(db, id, {
        outcome: FAILED,
        isFinal: false,
        stdout: 'out',
        stderr: 'err',
        truncated: false,
        masked: false,
        bytes: 6,
      });
      const action = {
        id: pick(filled.jobs, n).actionIds[1] ?? 0,
        order: 2,
        name: 'check',
        type: 'command',
        key: 'action_2',
        parent: null,
        slot: null,
      } as const;
      const rest = {
        parameters: {},
        config: {},
        isEnabled: true,
        timeoutSeconds: 300,
        retryCount: 1,
        retryDelaySeconds: 5,
        onFailure: 'stop',
      } as const;
      const input = {
        branch: branch(n),
        order: 2,
        iteration: 1,
        attempt: 2,
        keepSession: false,
        keepSessionOnFailure: false,
      };
      const begun = await startAttempt(
        db,
        input,
        branchId,
        { ...action, ...rest, conditions: [], dependencies: [] },
        { commandExecuted: 'true', activityId: '2', workerIdentity: 'w' },
      );
      if (begun.state !== 'begun') throw new Error(`The second attempt of ${branch(n)} is ${begun.state}.`);
      await endAttempt(db, begun.attemptId, {
        outcome: COMPLETED,
        isFinal: true,
        stdout: 'out',
        stderr: '',
        truncated: false,
        masked: false,
        bytes: 3,
      });
    }),
    row('attempt closed by the workflow', ['closeAttempt'], (n) =>
      branchActivities.closeAttempt({
        branch: branch(n),
        order: 2,
        iteration: 1,
        attempt: 1,
        outcome: FAILED,
        message: 'lost',
        isFinal: true,
      }),
    ),
    page('a hundred lines stored', ['createOutputWriter'], async (n) => {
      const { id: attemptId, branch_id: branchId, execution_id: executionId } = await attempt(n);
      const place = { db, attemptId, branchId, executionId, actionSerial: childSerial(branch(n), 2), iteration: 1, attempt: 1 };
      const limits = { maxOutputBytes: 1_048_576, maxLogBytes: 67_108_864, giveUp: new AbortController().signal };
      const writer = createOutputWriter({ ...place, ...limits, mask: createSecretMask([]), isCaptured: true, onWritten: () => {} });
      await writer.write('stdout', OUTPUT);
      await writer.end();
    }),
    row('branch closed', ['closeBranch', 'closeBranchRow'], (n) =>
      branchActivities.closeBranch({ ...END, branch: branch(n), status: pick(['completed', 'failed', 'cancelled'], n) }),
    ),
    row('branch closed again', ['closeBranch', 'closeBranchRow'], (n) =>
      branchActivities.closeBranch({
        ...END,
        branch: childSerial(pick(filled.runs.slice(0, filled.size.runs), n).serial, 1),
        status: 'completed',
      }),
    ),
    page('branches counted', ['countBranches', 'createNotifyRun'], (n) => countBranches(db, run(n))),
    page('reconciler', ['reconcile'], () => createReconcileActivities(deps).reconcile()),
    page('reconciler, all workflows gone', ['reconcile'], () =>
      createReconcileActivities({ ...deps, describeWorkflow: async () => 'terminated' }).reconcile(),
    ),
  ];
};
