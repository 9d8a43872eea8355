export const changeStates = [
  'proposed',
  'approved',
  'applying',
  'applied',
  'verifying',
  'verified',
  'rejected',
  'cancelled',
  'expired',
  'failed',
  'uncertain',
  'rolling_back',
  'rolled_back',
] as const;
export type ChangeState = (typeof changeStates)[number];

/** States in which a Change still waits for someone or something. */
export const openStates: readonly ChangeState[] = [
  'proposed',
  'approved',
  'applying',
  'applied',
  'verifying',
  'rolling_back',
  'uncertain',
];

export type ChangeMode = 'observe' | 'approve' | 'auto';

/** What is not known in the state `uncertain`: whether it was applied, whether it is good, whether it was undone. */
export type Doubt = 'apply' | 'verify' | 'rollback';

interface Transition {
  from: readonly ChangeState[];
  to: ChangeState;
}

/** The whole machine: an event that does not stand here for a state cannot happen in it. */
export const transitions = {
  approve: { from: ['proposed'], to: 'approved' },
  reject: { from: ['proposed'], to: 'rejected' },
  cancel: { from: ['proposed', 'approved'], to: 'cancelled' },
  expire: { from: ['proposed', 'approved'], to: 'expired' },
  claim: { from: ['approved'], to: 'applying' },
  // A result that arrives after someone lost patience is still the truth.
  record: { from: ['applying', 'uncertain'], to: 'applied' },
  fail: { from: ['applying'], to: 'failed' },
  doubt: { from: ['applying', 'verifying', 'rolling_back'], to: 'uncertain' },
  verify: { from: ['applied'], to: 'verifying' },
  hold: { from: ['verifying'], to: 'verified' },
  rollBack: { from: ['applied', 'verifying', 'verified'], to: 'rolling_back' },
  undo: { from: ['rolling_back'], to: 'rolled_back' },
  confirmApplied: { from: ['uncertain'], to: 'applied' },
  confirmNotApplied: { from: ['uncertain'], to: 'failed' },
  vouch: { from: ['uncertain'], to: 'verified' },
  confirmUndone: { from: ['uncertain'], to: 'rolled_back' },
  undoAgain: { from: ['uncertain'], to: 'rolling_back' },
} as const satisfies Record<string, Transition>;

export type ChangeEvent = keyof typeof transitions;

/** The state that the event leads to, or undefined where it cannot happen in `state`. */
export function nextState(state: ChangeState, event: ChangeEvent): ChangeState | undefined {
  const transition: Transition = transitions[event];
  return transition.from.includes(state) ? transition.to : undefined;
}

export type Outcome = 'applied' | 'not_applied';

/** What a person's finding means in the state `uncertain`. */
export function resolution(doubt: Doubt, outcome: Outcome): ChangeEvent {
  const table: Record<Doubt, Record<Outcome, ChangeEvent>> = {
    apply: { applied: 'confirmApplied', not_applied: 'confirmNotApplied' },
    verify: { applied: 'vouch', not_applied: 'confirmNotApplied' },
    rollback: { applied: 'undoAgain', not_applied: 'confirmUndone' },
  };
  return table[doubt][outcome];
}

export interface ApprovalQuestion {
  mode: ChangeMode;
  /** The person or program that proposed it; undefined where nobody knows any more. */
  authorId: string | undefined;
  approvalsNeeded: number;
  /** Ids of those who have approved already. */
  approvedBy: readonly string[];
  person: { id: string; kind: string };
}

export type ApprovalAnswer =
  | { verdict: 'refused'; why: 'observed' | 'own' | 'unknown author' | 'twice' | 'not a person' }
  | { verdict: 'counted'; complete: boolean };

/** Whether this person's yes counts, and whether it is the last that is needed. Nobody approves their own proposal. */
export function judgeApproval(question: ApprovalQuestion): ApprovalAnswer {
  const { mode, authorId, approvalsNeeded, approvedBy, person } = question;
  if (mode === 'observe') return { verdict: 'refused', why: 'observed' };
  if (person.kind !== 'person') return { verdict: 'refused', why: 'not a person' };
  if (person.id === authorId) return { verdict: 'refused', why: 'own' };
  if (authorId === undefined) return { verdict: 'refused', why: 'unknown author' };
  if (approvedBy.includes(person.id)) return { verdict: 'refused', why: 'twice' };
  return { verdict: 'counted', complete: approvedBy.length + 1 >= approvalsNeeded };
}

/** Milliseconds until the next try, doubling from 2 s to at most 5 minutes. */
export function retryDelayMs(tries: number): number {
  return Math.min(300_000, 2_000 * 2 ** Math.max(0, tries - 1));
}
