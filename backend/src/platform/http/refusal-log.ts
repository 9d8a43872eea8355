import type { Audit } from '../audit/index.ts';
import type { Clock } from '../clock/index.ts';
import type { Caller } from '../identity/index.ts';
import type { Logger } from '../telemetry/index.ts';

export interface Refusal {
  caller: Caller;
  /** Where the call came from, e.g. an IP address. */
  origin: string;
  /** `GET /api/keys`: the pattern, not the address. */
  route: string;
  code: string;
  detail: string;
  traceId: string;
}

interface Repeated {
  refusal: Refusal;
  since: number;
  /** Refusals after the one that was written. */
  more: number;
}

const windowMs = 60_000;
const maxRemembered = 1_000;

/**
 * Writes what was refused into the audit log. The first refusal of a caller at a route is written at once; equal ones
 * within a minute are counted and written as one line, so that nobody can fill the log by being refused.
 */
export class RefusalLog {
  readonly #audit: Pick<Audit, 'record'>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #repeated = new Map<string, Repeated>();
  readonly #writing = new Set<Promise<void>>();

  constructor(audit: Pick<Audit, 'record'>, clock: Clock, log: Logger) {
    this.#audit = audit;
    this.#clock = clock;
    this.#log = log;
  }

  /** Takes note of a refusal and resolves when it is written or counted. Never throws: the call is refused either way. */
  async note(refusal: Refusal): Promise<void> {
    this.sweep();
    const key = JSON.stringify([
      refusal.caller.scope.tenant,
      refusal.caller.id,
      refusal.origin,
      refusal.route,
      refusal.code,
    ]);
    const known = this.#repeated.get(key);
    if (known) {
      known.more += 1;
      return;
    }
    if (this.#repeated.size >= maxRemembered) this.#forgetOldest();
    this.#repeated.set(key, { refusal, since: this.#clock.now().getTime(), more: 0 });
    await this.#write(refusal, 1);
  }

  /** Writes the counts of the windows that are over. */
  sweep(): void {
    const before = this.#clock.now().getTime() - windowMs;
    for (const [key, entry] of this.#repeated) {
      if (entry.since > before) break;
      this.#close(key, entry);
    }
  }

  /** Writes everything that is still counted and waits until it is kept. */
  async flush(): Promise<void> {
    for (const [key, entry] of this.#repeated) this.#close(key, entry);
    await Promise.allSettled(this.#writing);
  }

  #forgetOldest(): void {
    const oldest = this.#repeated.entries().next().value;
    if (oldest) this.#close(oldest[0], oldest[1]);
  }

  #close(key: string, entry: Repeated): void {
    this.#repeated.delete(key);
    if (entry.more > 0) void this.#write(entry.refusal, entry.more);
  }

  #write(refusal: Refusal, times: number): Promise<void> {
    const { caller, origin, route, code, detail, traceId } = refusal;
    const writing = this.#audit
      .record({
        tenant: caller.scope.tenant,
        actor: { id: caller.id, name: caller.name },
        action: 'route.refused',
        target: `route:${route}`,
        reason: detail,
        after: { code, origin, times },
        traceId,
      })
      .catch((error: unknown) => this.#log.warn({ err: error, code, route }, 'a refused call could not be audited'))
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
    return writing;
  }
}
