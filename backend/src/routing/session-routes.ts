import { dropOldest } from '../platform/collections/index.ts';
import { routeId, type Policy, type PolicyRoute, type RoutedRequest } from './policy.ts';

const mostSessions = 50_000;
/** As long as the longest-lived caches of prompts at providers. */
const heldMs = 3_600_000;

/**
 * Over which route a session was answered last, for policies with `sticky: session`: its next call goes there again, where the
 * provider still has the beginning of the conversation in its cache. Each process remembers by itself, at most 50,000 sessions
 * for an hour after their last call; `weights` needs no memory, as its chance is made of the session's name.
 */
export class SessionRoutes {
  readonly #held = new Map<string, { route: string; until: number }>();

  /** @returns name of the route that the session is held to; undefined where it is free */
  of(request: RoutedRequest, policy: Policy, at: number): string | undefined {
    const key = keyOf(request, policy);
    const held = key === undefined ? undefined : this.#held.get(key);
    return held !== undefined && held.until > at ? held.route : undefined;
  }

  hold(request: RoutedRequest, policy: Policy, route: PolicyRoute, at: number): void {
    const key = keyOf(request, policy);
    if (key === undefined) return;
    this.#held.delete(key);
    this.#held.set(key, { route: routeId(route), until: at + heldMs });
    dropOldest(this.#held, mostSessions);
  }
}

function keyOf({ tenant, session }: RoutedRequest, { name, choose }: Policy): string | undefined {
  if (session === undefined || choose.sticky !== 'session' || choose.strategy === 'weights') return undefined;
  return JSON.stringify([tenant, name, session]);
}
