import { describe, expect, test } from '@jest/globals';
import { permissions, roles } from './contract.ts';
import { narrowScope, scopeOfMember, tenantOfOrg, wholeTenant } from './data-scope.ts';
import { rolePermissions } from './role-permissions.ts';

describe('scopes', () => {
  const member = { roles: ['viewer' as const, 'product' as const], groups: ['a', 'b'] };

  test('without a rule everything of the tenant is seen', () => {
    expect(scopeOfMember('default', [], member)).toEqual(wholeTenant('default'));
  });

  test('rules of several teams add up, rules for everybody stay a bound', () => {
    const rules = [
      { regions: ['kr', 'us'] },
      { team: 'a', teams: ['search'], regions: ['kr', 'eu'] },
      { team: 'b', teams: ['ads'] },
      { team: 'c', teams: ['secret'] },
      { role: 'product' as const, team: 'a', products: ['shop'] },
      { role: 'admin' as const, products: ['everything'] },
    ];
    expect(scopeOfMember('default', rules, member)).toEqual({
      tenant: 'default',
      regions: ['kr'],
      teams: ['search', 'ads'],
      products: ['shop'],
    });
  });

  test('an empty list leaves nothing to see', () => {
    expect(scopeOfMember('default', [{ role: 'viewer', teams: [] }], member).teams).toEqual([]);
  });

  test('two scopes leave what both allow', () => {
    const a = { ...wholeTenant('default'), regions: ['kr', 'us'] };
    const b = { ...wholeTenant('default'), regions: ['us', 'eu'], teams: ['x'] };
    expect(narrowScope(a, b)).toEqual({ tenant: 'default', regions: ['us'], teams: ['x'], products: 'all' });
    expect(() => narrowScope(a, wholeTenant('org-2'))).toThrow(/two tenants/);
  });

  test('the first organisation is the default tenant', () => {
    expect([tenantOfOrg(1), tenantOfOrg(2)]).toEqual(['default', 'org-2']);
  });
});

describe('roles', () => {
  test('an administrator may do what any role may, and nobody has the duty of a node', () => {
    const all = new Set(roles.flatMap((role) => rolePermissions[role]));
    expect([...all].filter((permission) => !rolePermissions.admin.includes(permission))).toEqual([]);
    expect(permissions.filter((permission) => !all.has(permission))).toEqual(['internal']);
  });

  test('a viewer asks and changes nothing', () => {
    expect(rolePermissions.viewer.filter((permission) => !permission.endsWith(':read'))).toEqual([]);
  });
});
