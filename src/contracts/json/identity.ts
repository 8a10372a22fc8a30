import { z } from 'zod';

/** Names of permissions (data model, 11.1). Which role has which is a rule: domain/permissions.ts. */
export const PermissionName = z.enum([
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
]);

/** Granted on top of the role. */
export const UsersPermissions = z.array(PermissionName);

/** Empty = none. */
export const ApiTokensScopes = z.array(PermissionName);
