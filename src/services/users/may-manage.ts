import type { UserRole } from '../../contracts/enums.ts';
import { OpsError } from '../../domain/ops-error.ts';
import { permissionsOf } from '../../domain/permissions.ts';
import type { Caller } from '../context.ts';

/**
 * Nobody gives rights that he lacks, nor changes an account that has more than he has: else whoever may manage accounts could do everything, by way
 * of another account. What counts is what the caller may do, which with an API token is less than its owner may.
 * @param subject begins the message, such as `The account ann has`.
 * @throws OpsError FORBIDDEN naming what the caller lacks.
 */
export const assertMayManage = (caller: Caller, account: { role: UserRole; permissions: readonly unknown[] }, subject: string): void => {
  const lacking = [...permissionsOf(account.role, account.permissions)].filter((permission) => !caller.permissions.has(permission));
  if (lacking.length === 0) return;
  const who = caller.tokenUuid === undefined ? caller.username : `this API token of ${caller.username}`;
  throw new OpsError(
    'FORBIDDEN',
    `${subject} permissions that ${who} lacks: ${lacking.slice(0, 5).join(', ')}${lacking.length > 5 ? ' …' : ''}. Only somebody who has them all can do this.`,
  );
};

/** @throws OpsError FORBIDDEN: of one's own account others decide. */
export const refuseOwn = (caller: Caller, userUuid: string, message: string): void => {
  if (caller.userUuid === userUuid) throw new OpsError('FORBIDDEN', message);
};
