import { t } from '../i18n';
import type { BadgeColor } from '@grafana/ui';
import type { ChangeDetail, Me } from '../service/contract';

/** A state as people say it. */
export function stateName(state: string): string {
  const names: Record<string, string> = {
    proposed: t('changes.states.proposed', 'Waits for approval'),
    approved: t('changes.states.approved', 'Approved'),
    applying: t('changes.states.applying', 'Being applied'),
    applied: t('changes.states.applied', 'Applied'),
    verifying: t('changes.states.verifying', 'Being verified'),
    verified: t('changes.states.verified', 'Verified'),
    rejected: t('changes.states.rejected', 'Rejected'),
    cancelled: t('changes.states.cancelled', 'Withdrawn'),
    expired: t('changes.states.expired', 'Expired'),
    failed: t('changes.states.failed', 'Failed'),
    uncertain: t('changes.states.uncertain', 'Outcome not known'),
    rolling_back: t('changes.states.rolling-back', 'Being rolled back'),
    rolled_back: t('changes.states.rolled-back', 'Rolled back'),
  };
  return names[state] ?? state;
}

export function stateColor(state: string): BadgeColor {
  if (state === 'failed' || state === 'uncertain') return 'red';
  if (state === 'verified' || state === 'applied') return 'green';
  return state === 'proposed' ? 'orange' : 'blue';
}

/** Whether it comes to another state without anybody doing anything. */
export function isUnderWay(state: string): boolean {
  return ['approved', 'applying', 'applied', 'verifying', 'rolling_back'].includes(state);
}

export type Step = 'approve' | 'reject' | 'cancel' | 'rollback';

/** The steps that this person can take now; none that the service would refuse. */
export function possibleSteps(change: ChangeDetail, me: Me | undefined): Step[] {
  if (me === undefined) return [];
  const may = (permission: string) => me.permissions.includes(permission);
  const own = change.author.id === me.id;
  const steps: Step[] = [];
  if (change.state === 'proposed' && change.mode !== 'observe' && may('changes:approve') && !own) {
    if (!change.approvedBy.some(({ person }) => person.id === me.id)) steps.push('approve');
  }
  if (change.state === 'proposed' && may('changes:approve') && !own) steps.push('reject');
  if ((change.state === 'proposed' || change.state === 'approved') && may('changes:propose') && own)
    steps.push('cancel');
  if (change.canRollBack && may('changes:apply')) steps.push('rollback');
  return steps;
}
