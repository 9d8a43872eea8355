import type { CapacitySource, CapacityState } from './pod-capacity.ts';
import type { Decision, Term } from './scaling-decision.ts';
import type { Shadow } from './shadow.ts';
import type { Road } from './road.ts';

/** What outlives a process: what was learned of a workload's pods, and where its shadow stands. */
export interface Learned {
  capacity: CapacityState;
  starts: readonly number[];
  shadow: Shadow | null;
  usual: Readonly<Record<string, number>>;
  /** Pods whose start was counted, newest last. */
  seenPods: readonly string[];
}

/** The newest decision as it is kept and shown. */
export interface LatestDecision {
  at: string;
  mode: 'observe' | 'approve' | 'auto';
  replicas: number;
  readyReplicas: number;
  wanted: number;
  needed: number;
  direction: Decision['direction'];
  deciding: Term;
  terms: readonly Term[];
  held: Decision['held'];
  notices: readonly string[];
  leadSeconds: number;
  startUpSeconds: number;
  requestsPerMinute: number | null;
  latencySeconds: number | null;
  capacity: { perPod: number | null; low: number | null; high: number | null; source: CapacitySource };
  usablePerPod: number | null;
  road: Road;
  does: { en: string; ko: string };
  /** Cost of one replica and hour, or why there is none. */
  cost: { perHour: string; currency: string; formula: string } | { unpriced: string };
  changeId: number | null;
}
