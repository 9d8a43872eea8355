import type { Workload } from '../kubernetes/index.ts';
import type { ScalingSettings } from './contract.ts';
import type { Road } from './road.ts';
import type { ScalingOrder } from './scaling-change.ts';
import type { Decision } from './scaling-decision.ts';

/** What is to be written where, to carry out a decision. */
export type Step = Pick<ScalingOrder, 'road' | 'from' | 'to'> & { autoscaler?: string };

/**
 * The step that brings a workload to what was decided, or undefined where there is nothing to write. An autoscaler that
 * holds the workload is given a minimum within its own bounds: `floor`, and what is decided beyond it.
 */
export function stepOf(
  road: Road,
  workload: Pick<Workload, 'replicas'>,
  decision: Pick<Decision, 'replicas' | 'direction' | 'held'>,
  { floor, settings }: { floor: number; settings: Pick<ScalingSettings, 'maxReplicas'> },
): Step | undefined {
  if (decision.held !== 'none') return undefined;
  if (road.kind === 'scale') {
    if (decision.direction === 'stay') return undefined;
    return { road: 'scale', from: workload.replicas, to: decision.replicas };
  }
  if (road.kind !== 'hpa-minimum' && road.kind !== 'keda-minimum') return undefined;
  const wanted = decision.direction === 'out' ? Math.max(floor, decision.replicas) : floor;
  const to = Math.min(wanted, road.maximum ?? settings.maxReplicas);
  return to === road.minimum ? undefined : { road: road.kind, from: road.minimum, to, autoscaler: road.name };
}
