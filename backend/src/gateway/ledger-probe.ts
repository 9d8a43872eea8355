import type { CallLedger, HeldMoney } from './ports.ts';

type Request = Parameters<CallLedger['reserve']>[0];

const probeTtlMs = 1_000;
const none: ReadonlySet<string> = new Set();

/**
 * Asks the ledger, and does not let every call wait for it while it is away: after one failure calls are told at once, and a
 * reservation of nothing, one at a time and beside them, finds out when it is back.
 */
export class LedgerProbe implements Pick<CallLedger, 'reserve' | 'dimensions'> {
  readonly #ledger: Pick<CallLedger, 'reserve' | 'dimensions'>;
  #failure: { error: unknown } | undefined;
  #probing = false;

  constructor(ledger: Pick<CallLedger, 'reserve' | 'dimensions'>) {
    this.#ledger = ledger;
  }

  /** None while the ledger is away: a reservation tells of that. */
  dimensions(tenant: string): ReadonlySet<string> | Promise<ReadonlySet<string>> {
    if (this.#failure) return none;
    const found = this.#ledger.dimensions(tenant);
    return found instanceof Promise ? found.catch(() => none) : found;
  }

  /** @throws what the ledger threw, also for those who come while it is away */
  reserve(request: Request): HeldMoney | Promise<HeldMoney> {
    if (this.#failure) {
      this.#probe(request);
      throw this.#failure.error;
    }
    try {
      const held = this.#ledger.reserve(request);
      return held instanceof Promise ? held.catch((error: unknown) => this.#failed(error)) : held;
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): never {
    this.#failure = { error };
    throw error;
  }

  #probe(request: Request): void {
    if (this.#probing) return;
    this.#probing = true;
    Promise.resolve()
      .then(() => this.#ledger.reserve({ ...request, amount: '0', ttlMs: probeTtlMs }))
      .then(() => {
        this.#failure = undefined;
      })
      .catch((error: unknown) => {
        this.#failure = { error };
      })
      .finally(() => {
        this.#probing = false;
      });
  }
}
