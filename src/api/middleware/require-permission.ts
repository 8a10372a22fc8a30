import { createMiddleware } from 'hono/factory';
import { OpsError } from '../../domain/ops-error.ts';
import type { Permission } from '../../domain/permissions.ts';
import { recordRefusal } from '../../services/audit/record-refusal.ts';
import { authenticate } from '../../services/auth/authenticate.ts';
import { requireSession } from '../../services/auth/sessions.ts';
import { authorize } from '../../services/context.ts';
import type { ServiceDeps } from '../../services/context.ts';
import type { ApiEnv } from '../env.ts';

/** Who may call a route: anybody, anybody who is logged in, or who has the permission. */
export type Access = 'public' | 'authenticated' | Permission;

/** Routes that an account which must change its password may still call. */
export type PasswordRule = 'password_change_allowed' | undefined;

const bearerOf = (header: string | undefined): string => {
  const [scheme, token] = header?.split(' ') ?? [];
  if (scheme?.toLowerCase() !== 'bearer' || token === undefined || token === '') {
    throw new OpsError('UNAUTHENTICATED', 'This needs a token: send `Authorization: Bearer …`. Log in with: opsconductor login.');
  }
  return token;
};

/** What else a route asks of its caller. */
export interface AccessRules {
  passwordRule?: PasswordRule;
  needsSession?: true;
  isActivity?: boolean;
}

/** Refuses a request before its body is read when the caller may not make it. */
export const requirePermission = (deps: ServiceDeps, access: Access, { passwordRule, needsSession, isActivity = true }: AccessRules) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    if (access !== 'public') {
      const caller = await authenticate(deps, bearerOf(c.req.header('authorization')), c.get('request'), { isActivity });
      if (caller.mustChangePassword && passwordRule !== 'password_change_allowed') {
        throw new OpsError(
          'PASSWORD_CHANGE_REQUIRED',
          'This account must change its password first: opsconductor login asks for a new one, or POST /api/v1/auth/password.',
        );
      }
      if (access !== 'authenticated') {
        if (!caller.permissions.has(access)) await recordRefusal(deps, caller, access, { method: c.req.method, path: c.req.path });
        authorize(caller, access);
      }
      if (needsSession === true) requireSession(caller);
      c.set('caller', caller);
    }
    await next();
  });
