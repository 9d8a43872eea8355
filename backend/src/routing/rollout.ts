/** Which versions of a policy serve. Versions are named, `steps` say which share the candidate gets from when on. */
export interface Activation {
  stable?: string;
  candidate?: string;
  steps: readonly RolloutStep[];
  /** What stays on one version while the share stays the same: a session (calls without one: by chance), or a key. */
  stickyBy: 'session' | 'key';
}

export interface RolloutStep {
  /** ISO 8601, UTC. */
  at: string;
  /** 0 to 1. */
  share: number;
}

/** @returns the share of the requests, 0 to 1, that the candidate gets at that moment. */
export function shareAt({ candidate, steps }: Activation, atMs: number): number {
  if (candidate === undefined) return 0;
  const begun = steps.filter(({ at }) => Date.parse(at) <= atMs);
  return begun.at(-1)?.share ?? 0;
}

/** The same with a candidate that has all requests standing as the stable version. */
export function settled(activation: Activation, atMs: number): Activation {
  const { candidate, steps, stickyBy } = activation;
  const isThrough = candidate !== undefined && shareAt(activation, atMs) >= 1 && Date.parse(steps.at(-1)!.at) <= atMs;
  return isThrough ? { stable: candidate, steps: [], stickyBy } : activation;
}

/** Steps as somebody asks for them: minutes are counted from the moment in which the rollout begins. */
export interface RolloutPlan {
  version: string;
  /** When it begins; at once where absent. */
  at?: string;
  steps: readonly { share: number; afterMinutes: number }[];
  stickyBy: 'session' | 'key';
}

/** @returns the activation while the plan is carried out: what was stable stays for those who are not yet concerned. */
export function begun(before: Activation | undefined, plan: RolloutPlan, atMs: number): Activation {
  const start = Math.max(atMs, plan.at === undefined ? atMs : Date.parse(plan.at));
  const present = before && settled(before, atMs);
  return {
    ...(present?.stable === undefined ? {} : { stable: present.stable }),
    candidate: plan.version,
    steps: plan.steps.map(({ share, afterMinutes }) => ({
      at: new Date(start + afterMinutes * 60_000).toISOString(),
      share,
    })),
    stickyBy: plan.stickyBy,
  };
}

/** @returns what is wrong with the steps of a plan; empty where nothing is. */
export function planProblems({ steps }: Pick<RolloutPlan, 'steps'>): string[] {
  const falls = steps.some(
    ({ share, afterMinutes }, index) =>
      index > 0 && (share <= steps[index - 1]!.share || afterMinutes <= steps[index - 1]!.afterMinutes),
  );
  return falls ? ['/steps must grow in share and in time from one to the next'] : [];
}
