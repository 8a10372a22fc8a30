import type { z } from 'zod';
import type { Approvers } from '../../contracts/json/shared.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { authorize } from '../context.ts';
import type { Caller } from '../context.ts';
import type { SteeredRun } from './steer-run.ts';

/** @param what they answer, with its verb, for the message. @throws OpsError FORBIDDEN naming who may */
export const assertApprover = ({ username, role }: Caller, approvers: z.infer<typeof Approvers>, what: string): void => {
  if (approvers.some(({ type, value }) => value === (type === 'user' ? username : role))) return;
  const names = approvers.map(({ type, value }) => (type === 'user' ? value : `the role ${value}`)).join(', ');
  throw new OpsError('FORBIDDEN', `${what} to be answered by ${names}, not by ${username}.`);
};

/**
 * Nobody gets round an approval between batches. Approvers may change what is approved, and administrators, where they may answer.
 * @throws OpsError FORBIDDEN
 */
export const assertMayMoveGates = (caller: Caller, run: SteeredRun): void => {
  // Also of a token that may steer only: its owner's role is not all that counts.
  authorize(caller, 'approvals.answer');
  if (caller.role !== 'admin') assertBatchApprover(caller, run);
};

export const hasApprovers = ({ between_batches: between }: SteeredRun['rollout']): boolean =>
  between !== undefined && 'approvers' in between;

/** Lets those pass whom the rollout of the run names; everybody, when it names nobody. @throws OpsError FORBIDDEN */
export const assertBatchApprover = (caller: Caller, { rollout, execution_serial: serial }: SteeredRun): void => {
  const { between_batches: between } = rollout;
  if (between !== undefined && 'approvers' in between) assertApprover(caller, between.approvers, `The batches of ${serial} are`);
};
