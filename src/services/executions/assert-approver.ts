import { OpsError } from '../../domain/ops-error.ts';
import type { Caller } from '../context.ts';
import type { SteeredRun } from './steer-run.ts';

/** Lets those pass whom the rollout of the run names; everybody, when it names nobody. @throws OpsError FORBIDDEN */
export const assertApprover = ({ username, role }: Caller, { rollout, execution_serial: serial }: SteeredRun): void => {
  const { between_batches: between } = rollout;
  const approvers = between !== undefined && 'approvers' in between ? between.approvers : [];
  if (approvers.length === 0 || approvers.some(({ type, value }) => value === (type === 'user' ? username : role))) return;
  const names = approvers.map(({ type, value }) => (type === 'user' ? value : `the role ${value}`)).join(', ');
  throw new OpsError('FORBIDDEN', `The batches of ${serial} are approved by ${names}, not by ${username}.`);
};
