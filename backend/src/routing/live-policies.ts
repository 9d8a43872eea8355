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
  activation: Activation;
  versions: readonly LiveVersion[];
}

/** One version among the others, in the order in which they are looked at. */
interface Element {
  policy: Policy;
  position: number;
  role: 'stable' | 'candidate';
  activation: Activation;
}

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
    for (const element of this.#byTenant.get(request.tenant) ?? [])
      if (isFor(element.policy, request) && isIn(element, request, draw, atMs)) return element.policy;
    return this.#fixed.find((policy) => isFor(policy, request));
  }

  /** Every version that may decide about requests of the tenant, in order. */
  policies(tenant: string): Policy[] {
    return [...(this.#byTenant.get(tenant) ?? []).map(({ policy }) => policy), ...this.#fixed];
  }
}

function elementsOf({ activation, versions }: LivePolicy): Element[] {
  const element = (version: string | undefined, role: Element['role']): Element[] => {
    const found = versions.find((one) => one.version === version);
    if (!found) return [];
    return [{ policy: { ...found.content, version: found.version }, position: found.position, role, activation }];
  };
  // Of equal position the candidate and the stable one stand side by side; each serves its own part of the shares.
  return [...element(activation.candidate, 'candidate'), ...element(activation.stable, 'stable')];
}

function isIn({ policy, role, activation }: Element, request: RoutedRequest, draw: number, atMs: number): boolean {
  if (activation.candidate === undefined) return true;
  const share = shareAt(activation, atMs);
  if (share <= 0 || share >= 1) return role === (share >= 1 ? 'candidate' : 'stable');
  const of = activation.stickyBy === 'key' ? request.key : request.session;
  const unit = of === undefined ? draw : unitHash(`${policy.name}|${activation.candidate}|${of}`);
  return role === (unit < share ? 'candidate' : 'stable');
}
