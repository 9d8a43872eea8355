export type Mode = 'observe' | 'approve' | 'auto';

/** An act on a workload or its cluster, with what became of it. */
export interface PastAct {
  at: Date;
  mode: Mode;
  /** Of the same workload; else only of the same cluster. */
  sameWorkload: boolean;
  act: 'memory' | 'rollback';
  container: string;
  /** State of its Change; undefined where it was never proposed: the process died in between. */
  state: string | undefined;
}

export interface GuardRule {
  cooldownMinutes: number;
  actsPerWorkloadHour: number;
  actsPerClusterHour: number;
  respectHours: number;
}

export type Permit = { acts: true } | { acts: false; waits: boolean; why: string };

const minuteMs = 60_000;
const over = new Set(['rejected', 'cancelled', 'expired']);

/** Whether one more act may be proposed now. Acts that were only observed, or never came to be, do not count. */
export function permitFor(
  step: { act: 'memory' | 'rollback'; container: string; mode: Mode },
  past: readonly PastAct[],
  now: Date,
  rule: GuardRule,
): Permit {
  const since = (act: PastAct) => now.getTime() - act.at.getTime();
  const own = past.filter(({ sameWorkload }) => sameWorkload);
  const refused = own.find(
    (act) =>
      act.act === step.act &&
      act.container === step.container &&
      since(act) < rule.respectHours * 60 * minuteMs &&
      (act.state === 'rejected' || act.state === 'cancelled' || act.state === 'rolled_back'),
  );
  if (refused) {
    const what = refused.state === 'rolled_back' ? 'taken back' : String(refused.state);
    return { acts: false, waits: false, why: `the same was ${what} within the last ${rule.respectHours} hours` };
  }
  // Who only looks on does nothing that could be too often.
  if (step.mode === 'observe') return { acts: true };
  const counted = past.filter(({ mode, state }) => mode !== 'observe' && !over.has(state ?? ''));
  const lately = counted.filter((act) => since(act) < 60 * minuteMs);
  const ownLately = lately.filter(({ sameWorkload }) => sameWorkload);
  if (ownLately.some((act) => since(act) < rule.cooldownMinutes * minuteMs)) {
    return { acts: false, waits: true, why: `the last act was less than ${rule.cooldownMinutes} minutes ago` };
  }
  if (ownLately.length >= rule.actsPerWorkloadHour) {
    return { acts: false, waits: true, why: `${rule.actsPerWorkloadHour} acts on it within an hour are enough` };
  }
  if (lately.length >= rule.actsPerClusterHour) {
    return {
      acts: false,
      waits: true,
      why: `${rule.actsPerClusterHour} acts on the cluster within an hour are enough`,
    };
  }
  return { acts: true };
}

/** Raises of the memory limit that were made, or may have been: those are counted before it is called a leak. */
export function bumpsOf(past: readonly PastAct[], container: string, now: Date, countedHours: number): number {
  const undone = new Set([...over, 'failed', 'proposed']);
  return past.filter(
    (act) =>
      act.sameWorkload &&
      act.act === 'memory' &&
      act.container === container &&
      act.mode !== 'observe' &&
      !undone.has(act.state ?? '') &&
      now.getTime() - act.at.getTime() < countedHours * 60 * minuteMs,
  ).length;
}
