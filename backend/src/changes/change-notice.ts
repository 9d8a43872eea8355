import type { Notification, Severity } from '../platform/notify/index.ts';
import type { ChangeRow, StepRow } from './change-repository.ts';
import type { ChangeState } from './change.ts';

const severities: Partial<Record<ChangeState, Severity>> = {
  failed: 'error',
  uncertain: 'critical',
  rolled_back: 'warning',
};

/**
 * What people are told of one step of a Change. All steps of one Change are one incident, which its end resolves.
 * @param approvers names of those who said yes
 */
export function changeNotice(
  change: ChangeRow,
  step: StepRow,
  publicUrl?: string,
  approvers: readonly string[] = [],
): Notification {
  const name = `${change.kind} ${change.target}`;
  return {
    title: titleOf(change, step, name),
    ...(step.note ? { text: step.note } : {}),
    severity: severities[step.to] ?? 'info',
    fields: {
      Change: String(change.id),
      Target: change.target,
      Preview: change.preview.summary,
      Impact: impactOf(change),
      By: step.actor.name,
      ...(approvers.length > 0 ? { 'Approved by': approvers.join(', ') } : {}),
    },
    ...(publicUrl ? { url: `${publicUrl.replace(/\/$/, '')}/api/changes/${change.id}` } : {}),
    dedupKey: `change:${change.id}`,
    event: step.to === 'proposed' || step.to === 'failed' || step.to === 'uncertain' ? 'trigger' : 'resolve',
  };
}

/** The step as people are told of it: that something was undone, by whom it was asked for and why. */
export function toldStep(step: StepRow, history: readonly StepRow[]): StepRow {
  if (step.to !== 'rolled_back' || step.note) return step;
  const asked = history.filter(({ id, to }) => to === 'rolling_back' && id < step.id).at(-1);
  return asked ? { ...step, note: asked.note, actor: asked.actor } : step;
}

function titleOf(change: ChangeRow, step: StepRow, name: string): string {
  switch (step.to) {
    case 'proposed':
      if (change.mode === 'observe') return `Change ${change.id} would alter ${name}; it is only observed`;
      return `Change ${change.id} of ${name} waits for ${change.approvalsNeeded} approval${change.approvalsNeeded === 1 ? '' : 's'}`;
    case 'uncertain':
      return `Change ${change.id} of ${name}: it is not known whether it was ${change.doubt === 'rollback' ? 'rolled back' : 'applied'}; look and resolve it`;
    case 'rolled_back':
      return `Change ${change.id} of ${name} was rolled back`;
    case 'verified':
      return `Change ${change.id} of ${name} is applied and verified`;
    default:
      return `Change ${change.id} of ${name}: ${step.to}`;
  }
}

function impactOf(change: ChangeRow): string {
  const { money, risk, text } = change.preview.impact ?? {};
  const parts = [
    money && `${money.amount} ${money.currency}${money.period ? ` per ${money.period}` : ''}`,
    risk && `${risk} risk`,
    text,
  ];
  return parts.filter(Boolean).join(', ') || 'not stated';
}
