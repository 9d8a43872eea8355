import type { ReplayResult } from '@amadeus/backend/routing/evaluation-contract.ts';
import { exactSum } from '../../format/exact-sum';

export interface ReplayStory {
  /** Exact decimal: what the policy would cost less what serves now would; negative: cheaper. */
  difference: string;
  share?: number;
  /** Milliseconds at p95 of the whole answer. */
  latency?: number;
  refused: number;
}

/** What changes with the policy against the ones that serve now. */
export function replayStory({ present, policy }: ReplayResult): ReplayStory {
  const difference = exactSum([policy.cost, `-${present.cost}`]);
  return {
    difference,
    ...(Number(present.cost) > 0 ? { share: Number(difference) / Number(present.cost) } : {}),
    ...(policy.totalMs && present.totalMs ? { latency: policy.totalMs.p95 - present.totalMs.p95 } : {}),
    refused: policy.refused,
  };
}
