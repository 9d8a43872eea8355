import { Decimal } from 'decimal.js';
import type { LlmRequest } from '../anycost/index.ts';
import { AppError } from '../platform/errors/index.ts';
import type { CallLedger, GatewayPorts } from './ports.ts';
import type { Delivery, EndedCall, Remains, SettledCall, UnsettledCall, UsageJournal } from './usage-journal-file.ts';

/** Name under which the gateway's calls stand among the sources of usage. */
const source = 'gateway';
const mostRemembered = 100_000;
/**
 * Calls are handed over in either half of the work in no more than so much time: of the time in which they came, for each of
 * them, and at most. Done at once, the calls of four seconds kept others waiting for a tenth of one.
 */
const spreadShare = 1 / 4;
const spreadMsPerCall = 1 / 4;
const mostSpreadMs = 1_000;

type Ports = Pick<GatewayPorts, 'usage' | 'prices'>;

/** Takes what the journal holds to where it belongs: usage to the warehouse, what calls cost to the budgets. Each once. */
export class UsageDelivery {
  readonly #journal: UsageJournal;
  readonly #ports: Ports;
  readonly #ledger: CallLedger;
  /** Settled already, so that the journal need not settle them again. */
  readonly #settled = new Set<string>();
  #keptAt = performance.now();
  #lastTurn: Promise<void> = Promise.resolve();

  constructor(journal: UsageJournal, ports: Ports, ledger: CallLedger) {
    this.#journal = journal;
    this.#ports = ports;
    this.#ledger = ledger;
  }

  /** @param isLast leaves nothing for later @throws where the warehouse or the store is away: everything waits on disk for the next turn */
  turn(isLast = false): Promise<void> {
    // One after the other: a file that two took at once would be handed over twice.
    const turn = this.#lastTurn.then(() =>
      this.#journal.deliver((delivery) => this.#deliver(delivery, isLast), isLast),
    );
    this.#lastTurn = turn.catch(() => undefined);
    return turn;
  }

  /** Settles a call that the journal has; where that fails the journal's turn does. */
  settleNow({ reservation, cost, order }: SettledCall): Promise<void> | undefined {
    const settling = this.#ledger.settle(reservation, cost, order);
    if (order !== undefined) return settling;
    return Promise.resolve(settling).then(() => {
      if (this.#settled.size >= mostRemembered) this.#settled.clear();
      this.#settled.add(reservation);
    });
  }

  async #deliver({ ended, settled, lost, remains }: Delivery, isLast: boolean): Promise<void> {
    const spreadMs = isLast ? 0 : this.#spreadOf(ended.length);
    await this.#keep(ended, spreadMs);
    await this.#keep(lost, 0);
    const ordered: { reservationId: string; order: number }[] = [];
    for (const call of settled) {
      const { reservation: reservationId, order } = call;
      if (order === undefined) await this.#settle(call);
      else ordered.push({ reservationId, order });
    }
    await this.#ledger.told(ordered);
    if (remains) await this.#recover(remains);
  }

  /** How long the work for so many calls should take: by when as many came again, it is long over. */
  #spreadOf(calls: number): number {
    const before = this.#keptAt;
    this.#keptAt = performance.now();
    return Math.min(mostSpreadMs, (this.#keptAt - before) * spreadShare, calls * spreadMsPerCall);
  }

  async #keep(calls: readonly EndedCall[], spreadMs: number): Promise<void> {
    const places = new Map<string, { tenant: string; region: string; requests: LlmRequest[] }>();
    for (const { tenant, region, request } of calls) {
      const name = `${tenant}\u0000${region}`;
      const place = places.get(name) ?? { tenant, region, requests: [] };
      place.requests.push(request);
      places.set(name, place);
    }
    for (const { tenant, region, requests } of places.values())
      await this.#ports.usage.keep({ tenant, region, source }, requests, {
        spreadMs: spreadMs * (requests.length / calls.length),
      });
  }

  async #settle(call: SettledCall): Promise<void> {
    if (this.#settled.delete(call.reservation)) return;
    try {
      await this.#ledger.settle(call.reservation, call.cost);
    } catch (error) {
      // It was settled, or is so old that it was swept: there is nothing left to count.
      if (!(error instanceof AppError && (error.code === 'NOT_FOUND' || error.code === 'CONFLICT'))) throw error;
    }
  }

  /** A process died in the middle of calls: what they may have cost counts. */
  async #recover({ holder, settled, unsettled }: Remains): Promise<void> {
    const lost: { reservationId: string; actual: string }[] = [];
    for (const call of unsettled) lost.push({ reservationId: call.reservation, actual: await this.#costOf(call) });
    await this.#ledger.recover({
      holder,
      settled: settled.map(({ reservation, cost, order }) => ({
        ...{ reservationId: reservation, actual: cost },
        ...(order === undefined ? {} : { order }),
      })),
      lost,
    });
  }

  async #costOf({ tenant, tries, currency }: UnsettledCall): Promise<string> {
    const { prices } = this.#ports;
    const book = await prices.book(tenant);
    let sum = new Decimal(0);
    for (const one of tries) {
      const priced = book.priceLlm(one);
      if (!('cost' in priced)) continue;
      const day = one.startedAt.slice(0, 10);
      const isSame = priced.currency === currency;
      sum = sum.plus(isSame ? priced.cost : (await prices.convert(converted(priced), currency, day, tenant)).amount);
    }
    return sum.toDecimalPlaces(18, Decimal.ROUND_UP).toFixed();
  }
}

function converted({ cost, currency }: { cost: string; currency: string }): { amount: string; currency: string } {
  return { amount: cost, currency };
}
