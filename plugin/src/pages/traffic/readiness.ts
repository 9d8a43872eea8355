import type { ScalingDetail } from '@amadeus/backend/scaling/contract.ts';
import type { TrafficAhead } from '../../service/contract';

/** Whether the pods that are ready can serve what is expected within the next minutes. Loads are requests a minute. */
export type Readiness =
  /** They can, even at the upper end of the band. */
  | { kind: 'ready'; capacity: number; replicas: number }
  /** They can serve what is expected, and not the upper end. */
  | { kind: 'tight'; capacity: number; replicas: number; upper: number }
  /** They are too few from `at` on; `ordered` are on their way, and can serve `coming`. */
  | { kind: 'coming'; capacity: number; replicas: number; at: string; ordered: number; coming: number }
  /** They are too few from `at` on; pods must be ordered by `orderBy`. */
  | { kind: 'short'; capacity: number; replicas: number; at: string; orderBy: string; needed: number };

type Known = Pick<
  ScalingDetail,
  'replicas' | 'readyReplicas' | 'wanted' | 'mode' | 'holdUntil' | 'startUpSeconds' | 'capacity'
>;

/** Undefined where nothing is predicted, or nobody knows yet what a pod can serve. */
export function readiness(ahead: TrafficAhead | null | undefined, scaling: Known | undefined): Readiness | undefined {
  const perPod = scaling?.capacity.perPod;
  if (!ahead || ahead.predicted.length === 0 || typeof perPod !== 'number' || !(perPod > 0)) return undefined;
  const { readyReplicas: replicas, startUpSeconds } = scaling!;
  const capacity = perPod * replicas;
  const first = ahead.predicted.findIndex((load) => load > capacity);
  if (first >= 0) {
    const at = ahead.minutes[first] ?? ahead.issuedAt;
    const ordered = orderedReplicas(scaling!);
    const coming = perPod * ordered;
    if (ordered > replicas && coming >= Math.max(...ahead.predicted))
      return { kind: 'coming', capacity, replicas, at, ordered, coming };
    const orderBy = new Date(Date.parse(at) - startUpSeconds * 1000).toISOString();
    const needed = Math.ceil(Math.max(...ahead.predicted) / (scaling!.capacity.usable ?? perPod));
    return { kind: 'short', capacity, replicas, at, orderBy, needed };
  }
  const upper = Math.max(...ahead.upper);
  return upper > capacity ? { kind: 'tight', capacity, replicas, upper } : { kind: 'ready', capacity, replicas };
}

/** As many as it is told to have; where it acts by itself, also what was decided a moment ago. */
function orderedReplicas({ replicas, wanted, mode, holdUntil }: Known): number {
  return mode === 'auto' && holdUntil === null ? Math.max(replicas, wanted) : replicas;
}

/** Whether a line at `capacity` would leave room for the others in the same chart. */
export function fitsChart(capacity: number | undefined, highest: number): boolean {
  return capacity !== undefined && capacity <= 4 * Math.max(highest, 1);
}
