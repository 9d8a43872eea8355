import { unitHash } from './choice.ts';
import { isFor, type Policy, type RoutedRequest } from './policy.ts';
import { shareAt, type Activation } from './rollout.ts';

/** A version of a policy as gateways keep it. */
export interface LiveVersion {
  version: string;
  position: number;
  content: Policy;
}

/** A policy of a tenant that serves, with the content of the versions that its activation names. */
export interface LivePolicy {
  tenant: string;
  policy: string;
  /** `changeId`: the Change that brought it about; files of older gateways do not name it. */
  activation: Activation & { changeId?: number };
  versions: readonly LiveVersion[];
}

/** A rollout in which a request takes part: by chance it is for the version on its way (B), or for what served before (A). */
export interface Trial {
  changeId: number;
  /** Share of the calls that B gets now. */
  share: number;
  arm: 'A' | 'B';
}

/** What was decided about a request. */
export interface Decision {
  policy?: Policy;
  /** Empty where every version serves all that it is for. */
  trials: readonly Trial[];
}

/** One version among the others, in the order in which they are looked at. */
interface Element {
  policy: Policy;
  position: number;
  role: 'stable' | 'candidate';
  activation: LivePolicy['activation'];
  /** The version on its way, of this policy. */
  candidate?: Policy;
}

const noTrials: readonly Trial[] = [];

/**
 * The policies that serve: those of the tenant in the order of their positions, and behind them those of the configuration.
 * A version on its way decides about its share of what it matches; the rest goes on to the version that was stable, or, where
 * there was none, to the policies behind.
 */
export class LivePolicies {
  readonly #fixed: readonly Policy[];
  readonly #byTenant: ReadonlyMap<string, readonly Element[]>;

  constructor(fixed: readonly Policy[], live: readonly LivePolicy[]) {
    this.#fixed = fixed;
    const byTenant = new Map<string, Element[]>();
    for (const one of live) {
      const list = byTenant.get(one.tenant) ?? [];
      list.push(...elementsOf(one));
      byTenant.set(one.tenant, list);
    }
    for (const list of byTenant.values())
      list.sort((a, b) => a.position - b.position || (a.policy.name < b.policy.name ? -1 : 1));
    this.#byTenant = byTenant;
  }

  /**
   * @param draw 0 to 1: decides about a share where the request belongs to no session
   * @returns the policy that decides about the request; undefined where none matches
   */
  policyFor(request: RoutedRequest, draw: number, atMs: number): Policy | undefined {
    return this.decide(request, draw, atMs).policy;
  }

  /** As `policyFor`, with the rollouts in which the request takes part. */
  decide(request: RoutedRequest, draw: number, atMs: number): Decision {
    let trials = noTrials;
    for (const element of this.#byTenant.get(request.tenant) ?? []) {
      const trial = trialOf(element, request, draw, atMs);
      if (trial && !trials.some(({ changeId }) => changeId === trial.changeId)) trials = [...trials, trial];
      if (isFor(element.policy, request) && isIn(element, request, draw, atMs))
        return { policy: element.policy, trials };
    }
    const policy = this.#fixed.find((one) => isFor(one, request));
    return policy ? { policy, trials } : { trials };
  }

  /** Every version that may decide about requests of the tenant, in order. */
  policies(tenant: string): Policy[] {
    return [...(this.#byTenant.get(tenant) ?? []).map(({ policy }) => policy), ...this.#fixed];
  }
}

function elementsOf({ activation, versions }: LivePolicy): Element[] {
  const contentOf = (version: string | undefined): (LiveVersion & { policy: Policy }) | undefined => {
    const found = versions.find((one) => one.version === version);
    return found && { ...found, policy: { ...found.content, version: found.version } };
  };
  const candidate = contentOf(activation.candidate);
  const element = (version: string | undefined, role: Element['role']): Element[] => {
    const found = contentOf(version);
    if (!found) return [];
    const { policy, position } = found;
    return [{ policy, position, role, activation, ...(candidate ? { candidate: candidate.policy } : {}) }];
  };
  // Of equal position the candidate and the stable one stand side by side; each serves its own part of the shares.
  return [...element(activation.candidate, 'candidate'), ...element(activation.stable, 'stable')];
}

function isIn({ policy, role, activation }: Element, request: RoutedRequest, draw: number, atMs: number): boolean {
  if (activation.candidate === undefined) return true;
  const share = shareAt(activation, atMs);
  if (share <= 0 || share >= 1) return role === (share >= 1 ? 'candidate' : 'stable');
  return role === (isForCandidate(policy.name, activation, request, draw, share) ? 'candidate' : 'stable');
}

function isForCandidate(
  name: string,
  { candidate, stickyBy }: Activation,
  request: RoutedRequest,
  draw: number,
  share: number,
): boolean {
  const of = stickyBy === 'key' ? request.key : request.session;
  return (of === undefined ? draw : unitHash(`${name}|${candidate}|${of}`)) < share;
}

/** The rollout of the element's policy, where the version on its way is for the request: those alone can be compared. */
function trialOf(
  { policy, activation, candidate }: Element,
  request: RoutedRequest,
  draw: number,
  atMs: number,
): Trial | undefined {
  if (!candidate || activation.changeId === undefined) return undefined;
  const share = shareAt(activation, atMs);
  if (share <= 0 || share >= 1 || !isFor(candidate, request)) return undefined;
  const isB = isForCandidate(policy.name, activation, request, draw, share);
  return { changeId: activation.changeId, share, arm: isB ? 'B' : 'A' };
}
