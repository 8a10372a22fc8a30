import type { z } from 'zod';
import type { AnswerApproval } from '../../contracts/action-answers.ts';
import type { ActionResult } from '../../contracts/execution.ts';
import type { Approvers } from '../../contracts/json/shared.ts';
import { selectRow } from '../../db/query.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller, ServiceDeps } from '../context.ts';
import { assertApprover } from './assert-approver.ts';
import { readResult } from './read-results.ts';

interface WaitingApproval {
  action_order: number;
  iteration: number;
  status: string;
  resolution: string | null;
  workflow_id: string;
  parameters: { approvers: z.infer<typeof Approvers> };
}

/**
 * Answers an approval; the workflow of its branch takes the first answer, and writes it down with its audit event.
 * @throws OpsError NOT_FOUND; FORBIDDEN for who is not among its approvers; CONFLICT when it does not wait (any more); UNAVAILABLE when no worker
 * answers: whether the answer counts is then on the record later
 */
export const answerAction = async (
  { db, answerApproval }: ServiceDeps,
  caller: Caller,
  serial: string,
  action: string,
  { answer, note, iteration: seen }: AnswerApproval,
): Promise<ActionResult> => {
  authorize(caller, 'approvals.answer');
  const row = await selectRow<WaitingApproval>(
    db,
    `SELECT r.action_order, r.iteration, r.status, r.resolution, b.workflow_id, a.action_parameters AS parameters
     FROM job_action_results r JOIN job_execution_branches b ON b.id = r.branch_id JOIN job_executions e ON e.id = b.job_execution_id
       JOIN job_actions a ON a.id = r.action_id
     WHERE r.action_serial = $1 AND e.execution_serial = $2 AND r.action_type = 'approval' ORDER BY r.iteration DESC LIMIT 1`,
    [action, serial],
  );
  if (row === undefined) throw new OpsError('NOT_FOUND', `Execution ${serial} has no approval ${action}, or has not come to it yet.`);
  if (row.status !== 'running')
    throw new OpsError('CONFLICT', `Approval ${action} has ended (${row.resolution ?? row.status}); it waits for no answer.`);
  if (seen !== undefined && seen !== row.iteration)
    throw new OpsError(
      'CONFLICT',
      `Approval ${action} waits in turn ${row.iteration} of its loop, not in ${seen} any more; look at what it asks now.`,
    );
  assertApprover(caller, row.parameters.approvers, `Approval ${action} is`);
  const { action_order: order, iteration } = row;
  const taken = await answerApproval(row.workflow_id, { order, iteration, answer, actor: caller.actor, note: note ?? null });
  if (taken === 'refused') throw new OpsError('CONFLICT', `Approval ${action} waits for no answer any more; look at what it was.`);
  if (taken === 'unknown')
    throw new OpsError(
      'UNAVAILABLE',
      `No worker has taken the answer to ${action} in time. It may still count: look at the run, and answer again if it waits.`,
    );
  return readResult(db, action);
};
