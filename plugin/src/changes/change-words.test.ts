import type { ChangeDetail, Me } from '../service/contract';
import { possibleSteps } from './change-words';

const me: Me = {
  id: 'user:1',
  name: 'Ana',
  roles: ['platform'],
  permissions: ['changes:read', 'changes:approve', 'changes:propose', 'changes:apply'],
  scope: { regions: 'all', teams: 'all', products: 'all' },
};
const change = {
  id: 7,
  state: 'proposed',
  mode: 'approve',
  author: { id: 'user:2', name: 'Bo' },
  approvedBy: [],
  canRollBack: false,
} as unknown as ChangeDetail;

describe('what can be done with a Change', () => {
  test('a second person approves or rejects', () => {
    expect(possibleSteps(change, me)).toEqual(['approve', 'reject']);
  });

  test('the proposer only withdraws', () => {
    expect(possibleSteps({ ...change, author: { id: 'user:1', name: 'Ana' } }, me)).toEqual(['cancel']);
  });

  test('nobody approves twice', () => {
    const once = { ...change, approvedBy: [{ person: { id: 'user:1', name: 'Ana' }, at: '' }] };
    expect(possibleSteps(once, me)).toEqual(['reject']);
  });

  test('what is only observed is not approved', () => {
    expect(possibleSteps({ ...change, mode: 'observe' }, me)).not.toContain('approve');
  });

  test('who may not is offered nothing', () => {
    expect(possibleSteps(change, { ...me, permissions: ['changes:read'] })).toEqual([]);
    expect(possibleSteps(change, undefined)).toEqual([]);
  });

  test('what was applied can be rolled back by who may apply', () => {
    expect(possibleSteps({ ...change, state: 'verified', canRollBack: true }, me)).toEqual(['rollback']);
  });
});
