/** A workload as it would be, had every decision been followed: for the report of the mode `observe`. */
export interface Shadow {
  replicas: number;
  /** Pods that would still be starting, with the instant at which each would be ready. */
  starting: readonly number[];
}

/** The shadow after a decision; pods take as long to start as the real ones do. */
export function followed(shadow: Shadow, wanted: number, now: number, startUpSeconds: number): Shadow {
  const waiting = shadow.starting.filter((at) => at > now);
  const added = Math.max(0, wanted - shadow.replicas);
  const starting = [...waiting, ...new Array<number>(added).fill(now + startUpSeconds * 1000)];
  const removed = Math.max(0, shadow.replicas - wanted);
  return { replicas: wanted, starting: starting.slice(0, Math.max(0, starting.length - removed)) };
}

export function readyOf({ replicas, starting }: Shadow, now: number): number {
  return Math.max(0, replicas - starting.filter((at) => at > now).length);
}
