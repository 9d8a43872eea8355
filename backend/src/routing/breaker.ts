const failuresToOpen = 5;
const firstRestMs = 5_000;
const longestRestMs = 120_000;

/**
 * Keeps calls away from a route that fails again and again: after five failures in a row it rests, twice as long each time;
 * then one call may try, and its success ends the rest.
 */
export class Breaker {
  #failures = 0;
  #rests = 0;
  #openUntil = 0;
  #trying = false;

  /** `half-open`: the rest is over, and the next call is a trial. */
  state(atMs: number): 'closed' | 'open' | 'half-open' {
    if (this.#openUntil === 0) return 'closed';
    return atMs < this.#openUntil || this.#trying ? 'open' : 'half-open';
  }

  /** When the rest is over; undefined where it is not resting. */
  restsUntil(): number | undefined {
    return this.#openUntil === 0 ? undefined : this.#openUntil;
  }

  /** Call before the route is used. */
  begin(atMs: number): void {
    if (this.state(atMs) === 'half-open') this.#trying = true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#rests = 0;
    this.#openUntil = 0;
    this.#trying = false;
  }

  /** @param restMs what the provider itself asked for, e.g. by Retry-After: the route rests that long at once. */
  failed(atMs: number, restMs?: number): void {
    this.#failures += 1;
    const isOverdue = this.#trying || this.#failures >= failuresToOpen;
    this.#trying = false;
    if (restMs === undefined && !isOverdue) return;
    const own = isOverdue ? Math.min(longestRestMs, firstRestMs * 2 ** this.#rests) : 0;
    if (isOverdue) this.#rests += 1;
    this.#openUntil = Math.max(this.#openUntil, atMs + Math.max(own, Math.min(longestRestMs, restMs ?? 0)));
  }

  /** The call ended without a verdict on the route: the caller hung up, or the request was at fault. */
  undecided(): void {
    this.#trying = false;
  }
}
