import type { Pod, Workload } from '../kubernetes/index.ts';

/** Seconds from a pod's creation until it was ready, where it is; undefined where it was never ready or was restarted. */
export function startSeconds(pod: Pod): number | undefined {
  const ready = pod.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'True');
  const created = Date.parse(pod.metadata.creationTimestamp ?? '');
  const at = Date.parse(ready?.lastTransitionTime ?? '');
  if (Number.isNaN(created) || Number.isNaN(at)) return undefined;
  // After a restart the condition tells of the second start.
  if ((pod.status?.containerStatuses ?? []).some(({ restartCount }) => restartCount > 0)) return undefined;
  return Math.max(0, (at - created) / 1000);
}

/** Whether a pod is one of a workload's, by its labels. */
export function isOf(pod: Pod, workload: Pick<Workload, 'ref' | 'selector'>): boolean {
  const labels = pod.metadata.labels ?? {};
  const wanted = Object.entries(workload.selector);
  return (
    pod.metadata.namespace === workload.ref.namespace &&
    wanted.length > 0 &&
    wanted.every(([name, value]) => labels[name] === value)
  );
}
