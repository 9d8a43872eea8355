import type { Clock } from '../platform/clock/index.ts';
import type { Store } from '../platform/store/index.ts';
import type { Policy } from './policy.ts';
import { listLive } from './policy-repository.ts';
import { shareAt } from './rollout.ts';

/** A version that serves a share of the calls. */
export interface Rollout {
  tenant: string;
  policy: string;
  version: string;
  /** What serves the rest; absent: the policies behind. */
  stable?: string;
  /** Between 0 and 1. */
  share: number;
  changeId: number;
  /** When it may be taken back, as the version says. */
  rollout?: NonNullable<Policy['rollout']>;
}

/** Rollouts of all tenants that have begun and are not through. */
export async function runningRollouts({ store, clock }: { store: Store; clock: Clock }): Promise<Rollout[]> {
  const now = clock.now().getTime();
  return (await listLive(store)).flatMap(({ tenant, policy, activation, versions }) => {
    const { candidate, stable, changeId } = activation;
    const share = shareAt(activation, now);
    const content = versions.find(({ version }) => version === candidate)?.content;
    if (candidate === undefined || changeId === undefined || !content || share <= 0 || share >= 1) return [];
    return [
      {
        ...{ tenant, policy, version: candidate, share, changeId },
        ...(stable === undefined ? {} : { stable }),
        ...(content.rollout ? { rollout: content.rollout } : {}),
      },
    ];
  });
}
