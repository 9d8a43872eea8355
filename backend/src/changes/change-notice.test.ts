import { describe, expect, test } from '@jest/globals';
import type { ChangeRow, StepRow } from './change-repository.ts';
import { changeNotice, toldStep } from './change-notice.ts';

const at = new Date('2026-11-01T00:00:00Z');
const change: ChangeRow = {
  id: 7,
  tenant: 'default',
  region: null,
  team: null,
  product: null,
  kind: 'scaling',
  target: 'shop/checkout',
  payload: {},
  preview: {
    summary: '5 replicas instead of 2',
    impact: { money: { amount: '12.50', currency: 'USD', period: 'month' }, risk: 'low' },
  },
  reason: 'The peak comes.',
  askedMode: null,
  mode: 'approve',
  approvalsNeeded: 2,
  approvals: 0,
  state: 'proposed',
  author: { id: 'user:1', name: 'Ada' },
  createdAt: at,
  updatedAt: at,
  expiresAt: at,
  notBefore: null,
  attemptKey: null,
  tries: 0,
  doubt: null,
  applied: null,
  failure: null,
};
const step = (to: StepRow['to']): StepRow => ({
  id: 1,
  changeId: 7,
  at,
  actor: { id: 'user:1', name: 'Ada' },
  event: 'x',
  from: null,
  to,
  note: 'The peak comes.',
});

describe('what people are told', () => {
  test('of a proposal: what it would do, what it costs and how many must agree', () => {
    expect(changeNotice(change, step('proposed'), 'https://amadeus.example/')).toEqual({
      title: 'Change 7 of scaling shop/checkout waits for 2 approvals',
      text: 'The peak comes.',
      severity: 'info',
      fields: {
        Change: '7',
        Target: 'shop/checkout',
        Preview: '5 replicas instead of 2',
        Impact: '12.50 USD per month, low risk',
        By: 'Ada',
      },
      url: 'https://amadeus.example/api/changes/7',
      dedupKey: 'change:7',
      event: 'trigger',
    });
  });

  test.each([
    ['uncertain', 'critical', 'trigger'],
    ['failed', 'error', 'trigger'],
    ['rolled_back', 'warning', 'resolve'],
    ['verified', 'info', 'resolve'],
    ['expired', 'info', 'resolve'],
  ] as const)('that it is %s: %s, %s', (to, severity, event) => {
    expect(changeNotice(change, step(to))).toMatchObject({ severity, event, dedupKey: 'change:7' });
  });

  test('that it was undone: who asked for it and why, and who had approved it', () => {
    const asked = { ...step('rolling_back'), id: 4, note: 'Stopped at 10 %', actor: { id: 'system:x', name: 'Guard' } };
    const undone = toldStep({ ...step('rolled_back'), id: 5, note: null }, [step('proposed'), asked]);
    expect(changeNotice(change, undone, undefined, ['Bob', 'Cara'])).toMatchObject({
      text: 'Stopped at 10 %',
      fields: { By: 'Guard', 'Approved by': 'Bob, Cara' },
    });
  });

  test('of what is only observed: that nothing will be applied', () => {
    const { title } = changeNotice({ ...change, mode: 'observe' }, step('proposed'));
    expect(title).toMatch(/only observed/);
  });
});
