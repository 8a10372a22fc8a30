import type { UserRole } from '../contracts/enums.ts';

const VIEWER = [
  'targets.read',
  'jobs.read',
  'executions.read',
  'schedules.read',
  'discovery.read',
  'device_types.read',
  'alerts.read',
  'reports.read',
  'analytics.read',
  'monitoring.read',
] as const;

const OPERATOR = [
  ...VIEWER,
  'targets.write',
  'targets.test',
  'credentials.write',
  'jobs.write',
  'jobs.execute',
  'executions.cancel',
  'executions.steer',
  'approvals.answer',
  'schedules.write',
  'discovery.run',
  'discovery.import',
  'device_types.write',
  'alerts.act',
  'reports.generate',
  'tokens.own',
] as const;

const ADMIN = [
  ...OPERATOR,
  'users.write',
  'settings.write',
  'audit.read',
  'alert_rules.write',
  'templates.write',
  'reports.write',
  'workers.manage',
  'database.read',
  'data.export',
  'data.import',
  'tokens.all',
] as const;

export type Permission = (typeof ADMIN)[number];

/** Every permission there is. */
export const PERMISSIONS: readonly Permission[] = ADMIN;

/** What each role may do (data model, 11.1). */
export const ROLE_PERMISSIONS: Readonly<Record<UserRole, readonly Permission[]>> = { viewer: VIEWER, operator: OPERATOR, admin: ADMIN };

export const isPermission = (name: unknown): name is Permission => PERMISSIONS.some((permission) => permission === name);

/** The permissions of an account: those of its role, and those granted to it alone. */
export const permissionsOf = (role: UserRole, granted: readonly unknown[]): ReadonlySet<Permission> =>
  new Set([...ROLE_PERMISSIONS[role], ...granted.filter(isPermission)]);
