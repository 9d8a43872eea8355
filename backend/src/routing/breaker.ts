const failuresToOpen = 5;
/** Where more calls than this began from the first to the last failure of a row, most of them are being answered: it is none. */
const mostBeside = 8;
const firstRestMs = 5_000;
const longestRestMs = 120_000;

/**
 * Keeps calls away from a route that fails again and again: after five failures in a row it rests, twice as long each time;
 * then one call may try, and its success ends the rest.
 *
 * Calls run beside each other, and a stream tells of its success long after it began. How a call ended therefore says something
 * of the time since it began alone. A success takes those failures out of the row whose calls began no later than its own; a rest
 * is ended, or followed by a longer one, by calls that began after it was set. A call that is under way has not failed: failures
 * are in a row where hardly any other calls began among them.
 */
export class Breaker {
  /** Failures in a row: when their calls began, and how many calls had begun when they were noted. No more than open it. */
  #row: { beganAtMs: number; begun: number }[] = [];
  #begun = 0;
  #rests = 0;
  #openUntil = 0;
  /** When the rest was set. */
  #restSince = 0;
  /** When the trial began; 0 where there is none. */
  #triedAt = 0;

  /** `half-open`: the rest is over, and the next call is a trial. */
  state(atMs: number): 'closed' | 'open' | 'half-open' {
    if (this.#openUntil === 0) return 'closed';
    return atMs < this.#openUntil || this.#isTrying(atMs) ? 'open' : 'half-open';
  }

  /** When the rest is over; undefined where it is not resting. */
  restsUntil(): number | undefined {
    return this.#openUntil === 0 ? undefined : this.#openUntil;
  }

  /** Call before the route is used. @param atMs by the same clock as all other times */
  begin(atMs: number): void {
    this.#begun += 1;
    if (this.state(atMs) === 'half-open') this.#triedAt = atMs;
  }

  /** @param beganAtMs when the call began */
  succeeded(beganAtMs: number): void {
    if (this.#openUntil === 0) {
      if (this.#row.length > 0) this.#row = this.#row.filter((failed) => failed.beganAtMs > beganAtMs);
      return;
    }
    if (beganAtMs < this.#restSince) return;
    this.#row = [];
    this.#rests = 0;
    this.#openUntil = 0;
    this.#triedAt = 0;
  }

  /**
   * @param restMs what the provider itself asked for, e.g. by Retry-After: the route rests that long at once.
   * @param beganAtMs when the call began
   */
  failed(atMs: number, restMs?: number, beganAtMs = atMs): void {
    const asked = Math.min(longestRestMs, restMs ?? 0);
    const isResting = this.#openUntil !== 0;
    // Of what it tells the rest was made already; what the provider asks for is new.
    if (isResting && beganAtMs < this.#restSince) {
      if (restMs !== undefined) this.#openUntil = Math.max(this.#openUntil, atMs + asked);
      return;
    }
    this.#row.push({ beganAtMs, begun: this.#begun });
    if (this.#row.length > failuresToOpen) this.#row.shift();
    if (!isResting) this.#row = this.#row.filter(({ begun }) => this.#begun - begun <= mostBeside);
    const isOverdue = this.#triedAt !== 0 || this.#row.length >= failuresToOpen;
    if (restMs === undefined && !isOverdue) return;
    const own = isOverdue ? Math.min(longestRestMs, firstRestMs * 2 ** this.#rests) : 0;
    if (isOverdue) this.#rests += 1;
    this.#triedAt = 0;
    this.#restSince = atMs;
    this.#openUntil = Math.max(this.#openUntil, atMs + Math.max(own, asked));
  }

  /** The call ended without a verdict on the route: the caller hung up, or the request was at fault. Another may be the trial. */
  undecided(beganAtMs: number): void {
    this.#begun -= 1;
    if (beganAtMs === this.#triedAt) this.#triedAt = 0;
  }

  /** A trial that is silent for so long, such as a very long answer, keeps no other from being made. */
  #isTrying(atMs: number): boolean {
    return this.#triedAt !== 0 && atMs - this.#triedAt < longestRestMs;
  }
}
