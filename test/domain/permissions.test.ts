import { expect, test } from 'vitest';
import { UserRole } from '../../src/contracts/enums.ts';
import { isPermission, PERMISSIONS, permissionsOf, ROLE_PERMISSIONS } from '../../src/domain/permissions.ts';

test('each role may do all that the one below it may, and more', () => {
  const [viewer, operator, admin] = (['viewer', 'operator', 'admin'] as const).map((role) => permissionsOf(role, []));
  expect(operator?.isSupersetOf(viewer ?? new Set())).toBe(true);
  expect(admin?.isSupersetOf(operator ?? new Set())).toBe(true);
  expect([viewer?.size, operator?.size, admin?.size]).toEqual([10, 25, 36]);
});

test('an administrator may do everything; no permission is named twice', () => {
  expect(permissionsOf('admin', [])).toEqual(new Set(PERMISSIONS));
  for (const role of UserRole.options) expect(new Set(ROLE_PERMISSIONS[role]).size).toBe(ROLE_PERMISSIONS[role].length);
});

test('a viewer only reads', () => {
  for (const permission of ROLE_PERMISSIONS.viewer) expect(permission).toMatch(/\.read$/);
});

test('what no role below an administrator may', () => {
  const operator = permissionsOf('operator', []);
  for (const permission of ['users.write', 'settings.write', 'audit.read', 'tokens.all', 'database.read'] as const)
    expect(operator.has(permission)).toBe(false);
});

test('a permission granted to an account adds to its role; what is none adds nothing', () => {
  expect([...permissionsOf('viewer', ['jobs.execute', 'root', null, 7, 'jobs.read', 'constructor'])]).toEqual([
    ...ROLE_PERMISSIONS.viewer,
    'jobs.execute',
  ]);
  expect(isPermission('toString')).toBe(false);
});
