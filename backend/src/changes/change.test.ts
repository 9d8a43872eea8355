import { describe, expect, test } from '@jest/globals';
import {
  changeStates,
  judgeApproval,
  nextState,
  openStates,
  resolution,
  retryDelayMs,
  transitions,
  type ChangeEvent,
  type ChangeState,
} from './change.ts';

/** Written out by hand: every way that exists. Whatever is not here must not. */
const ways: Record<ChangeState, Partial<Record<ChangeEvent, ChangeState>>> = {
  proposed: { approve: 'approved', reject: 'rejected', cancel: 'cancelled', expire: 'expired' },
  approved: { claim: 'applying', cancel: 'cancelled', expire: 'expired' },
  applying: { record: 'applied', fail: 'failed', doubt: 'uncertain' },
  applied: { verify: 'verifying', rollBack: 'rolling_back' },
  verifying: { hold: 'verified', rollBack: 'rolling_back', doubt: 'uncertain' },
  verified: { rollBack: 'rolling_back' },
  rolling_back: { undo: 'rolled_back', doubt: 'uncertain' },
  uncertain: {
    record: 'applied',
    confirmApplied: 'applied',
    confirmNotApplied: 'failed',
    vouch: 'verified',
    confirmUndone: 'rolled_back',
    undoAgain: 'rolling_back',
  },
  rejected: {},
  cancelled: {},
  expired: {},
  failed: {},
  rolled_back: {},
};
const table = changeStates.flatMap((state) =>
  (Object.keys(transitions) as ChangeEvent[]).map((event) => [state, event, ways[state][event]] as const),
);

describe('the machine', () => {
  test.each(table)('in the state %s, %s leads to %s', (state, event, to) => {
    expect(nextState(state, event)).toBe(to);
  });

  test('leaves no open state without a way out, and no closed one with a way but rolling back', () => {
    for (const state of changeStates) {
      const events = Object.keys(ways[state]);
      if (openStates.includes(state)) expect(events).not.toEqual([]);
      else expect(events).toEqual(state === 'verified' ? ['rollBack'] : []);
    }
  });

  test.each([
    ['apply', 'applied', 'confirmApplied'],
    ['apply', 'not_applied', 'confirmNotApplied'],
    ['verify', 'applied', 'vouch'],
    ['verify', 'not_applied', 'confirmNotApplied'],
    ['rollback', 'applied', 'undoAgain'],
    ['rollback', 'not_applied', 'confirmUndone'],
  ] as const)('a doubt about %s that turns out as %s means %s', (doubt, outcome, event) => {
    expect(resolution(doubt, outcome)).toBe(event);
  });

  test('waits longer after each failed try, and never more than five minutes', () => {
    expect([1, 2, 3, 4].map(retryDelayMs)).toEqual([2_000, 4_000, 8_000, 16_000]);
    expect(retryDelayMs(50)).toBe(300_000);
  });
});

describe('an approval', () => {
  const question = {
    mode: 'approve',
    authorId: 'user:1',
    approvalsNeeded: 2,
    approvedBy: [] as string[],
    person: { id: 'user:2', kind: 'person' },
  } as const;

  test('of one of two people is counted and not complete', () => {
    expect(judgeApproval(question)).toEqual({ verdict: 'counted', complete: false });
  });

  test('of the second person is complete', () => {
    expect(judgeApproval({ ...question, approvedBy: ['user:3'] })).toEqual({ verdict: 'counted', complete: true });
  });

  test.each([
    ['of the proposer', { person: { id: 'user:1', kind: 'person' } }, 'own'],
    ['of what a key of nobody proposed', { authorId: undefined }, 'unknown author'],
    ['given twice', { approvedBy: ['user:2'] }, 'twice'],
    ['of a program', { person: { id: 'key:ak_1', kind: 'program' } }, 'not a person'],
    ['of a data source', { person: { id: 'service:datasource', kind: 'service' } }, 'not a person'],
    ['of what is only observed', { mode: 'observe' as const }, 'observed'],
  ])('%s is refused', (_name, change, why) => {
    expect(judgeApproval({ ...question, ...change })).toEqual({ verdict: 'refused', why });
  });
});
