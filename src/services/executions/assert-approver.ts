import type { z } from 'zod';
import type { Approvers } from '../../contracts/json/shared.ts';
import { OpsError } from '../../domain/ops-error.ts';
import type { Caller } from '../context.ts';

/** @param what they approve, for the message. @throws OpsError FORBIDDEN naming who may */
export const assertApprover = ({ username, role }: Caller, approvers: z.infer<typeof Approvers>, what: string): void => {
  if (approvers.some(({ type, value }) => value === (type === 'user' ? username : role))) return;
  const names = approvers.map(({ type, value }) => (type === 'user' ? value : `the role ${value}`)).join(', ');
  throw new OpsError('FORBIDDEN', `${what} approved by ${names}, not by ${username}.`);
};
