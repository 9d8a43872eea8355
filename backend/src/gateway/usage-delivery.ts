import type { LlmRequest } from '../anycost/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { GatewayPorts } from './ports.ts';
import type { BegunCall, Delivery, EndedCall, SettledCall, UsageJournal } from './usage-journal-file.ts';

/** Name under which the gateway's calls stand among the sources of usage. */
const source = 'gateway';
const mostRemembered = 100_000;

/** Takes what the journal holds to where it belongs: usage to the warehouse, what calls cost to the budgets. Each once. */
export class UsageDelivery {
  readonly #journal: UsageJournal;
  readonly #ports: Pick<GatewayPorts, 'usage' | 'budgets' | 'prices'>;
  /** Settled already, so that the journal need not settle them again. */
  readonly #settled = new Set<string>();

  constructor(journal: UsageJournal, ports: Pick<GatewayPorts, 'usage' | 'budgets' | 'prices'>) {
    this.#journal = journal;
    this.#ports = ports;
  }

  /** @throws where the warehouse or the store is away: everything waits on disk for the next turn */
  turn(): Promise<void> {
    return this.#journal.deliver((delivery) => this.#deliver(delivery));
  }

  /** Settles at once; where that fails the journal's turn does. */
  async settleNow({ reservation, cost }: SettledCall): Promise<void> {
    await this.#ports.budgets.settle(reservation, cost);
    if (this.#settled.size >= mostRemembered) this.#settled.clear();
    this.#settled.add(reservation);
  }

  async #deliver({ ended, settled, lost }: Delivery): Promise<void> {
    await this.#keep(ended);
    await this.#keep(lost);
    for (const call of settled) await this.#settle(call);
    for (const call of lost) if (call.reservation !== undefined) await this.#settleLost(call, call.reservation);
  }

  async #keep(calls: readonly EndedCall[]): Promise<void> {
    const places = new Map<string, { tenant: string; region: string; requests: LlmRequest[] }>();
    for (const { tenant, region, request } of calls) {
      const name = JSON.stringify([tenant, region]);
      const place = places.get(name) ?? { tenant, region, requests: [] };
      place.requests.push(request);
      places.set(name, place);
    }
    for (const { tenant, region, requests } of places.values())
      await this.#ports.usage.keep({ tenant, region, source }, requests);
  }

  async #settle(call: SettledCall): Promise<void> {
    if (this.#settled.delete(call.reservation)) return;
    try {
      await this.#ports.budgets.settle(call.reservation, call.cost);
    } catch (error) {
      // It was settled, or is so old that it was swept: there is nothing left to count.
      if (!(error instanceof AppError && (error.code === 'NOT_FOUND' || error.code === 'CONFLICT'))) throw error;
    }
  }

  /** A process died in the middle of a call: what it may have cost counts. */
  async #settleLost({ tenant, request }: BegunCall, reservation: string): Promise<void> {
    const priced = (await this.#ports.prices.book(tenant)).priceLlm(request);
    await this.#settle({ reservation, cost: 'cost' in priced ? priced.cost : '0' });
  }
}
