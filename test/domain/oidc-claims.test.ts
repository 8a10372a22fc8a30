import { describe, expect, test } from 'vitest';
import { groupsOf, roleOfGroups, usernameOf } from '../../src/domain/oidc-claims.ts';

describe('groups of a claim', () => {
  test.each([
    [{ groups: ['a', 'b'] }, 'groups', ['a', 'b']],
    [{ groups: 'a' }, 'groups', ['a']],
    [{ groups: ['a', 1, null, { a: 1 }] }, 'groups', ['a']],
    [{}, 'groups', []],
    [{ realm_access: { roles: ['x'] } }, 'realm_access.roles', ['x']],
    [{ 'https://example.org/groups': ['y'] }, 'https://example.org/groups', ['y']],
    [{ groups: { constructor: 'a' } }, 'groups.prototype', []],
    [{}, 'constructor', []],
  ])('%j at %s', (claims, name, groups) => {
    expect(groupsOf(claims, name)).toEqual(groups);
  });
});

describe('the role of groups', () => {
  const ROLES = { admins: 'admin', ops: 'operator', staff: 'viewer' } as const;
  test.each([
    [['staff', 'admins', 'ops'], 'admin'],
    [['ops', 'staff'], 'operator'],
    [['Admins'], undefined],
    [['constructor', '__proto__'], undefined],
    [[], undefined],
  ])('%j', (groups, role) => {
    expect(roleOfGroups(groups, ROLES)).toBe(role);
  });

  test('* is everybody, and a group may still give more', () => {
    expect(roleOfGroups([], { '*': 'viewer', admins: 'admin' })).toBe('viewer');
    expect(roleOfGroups(['admins'], { '*': 'viewer', admins: 'admin' })).toBe('admin');
  });
});

test.each([
  [{ preferred_username: 'ann' }, 'ann'],
  [{ preferred_username: 'ann@example.org', email: 'x@y' }, 'ann'],
  [{ email: 'bob.smith@example.org' }, 'bob.smith'],
  [{ preferred_username: ' ', sub: 'auth0|12 3' }, 'auth0-12-3'],
  [{ preferred_username: '..zoë ' }, 'zoë'],
  [{ preferred_username: 'x'.repeat(80) }, 'x'.repeat(50)],
  [{ preferred_username: '???' }, undefined],
  [{}, undefined],
])('the user name of %j', (claims, name) => {
  expect(usernameOf(claims)).toBe(name);
});
