import type { CostCharge, SendCharges } from '../anycost/index.ts';
import type { Platform } from '../platform/platform.ts';
import { findBill, saveBill, selectBillableMonths, type BillableMonth } from './bill-repository.ts';
import { capacityDays, daySeconds, type CapacityDay } from './capacity.ts';
import { selectOffers } from './capacity-repository.ts';
import { chargeSource, dayCharges } from './charges.ts';
import type { ClusterPrices } from './ports.ts';
import { ClusterRates } from './rates.ts';
import { countRuns, selectJobDays } from './usage-repository.ts';

const dayMs = daySeconds * 1000;
/** Months that end before this many days are billed again only where facts arrived. */
const recentDays = 45;
const mostNotices = 20;

/** Bills clusters: jobs, pods and idle as charges, month by month, whole days only. */
export class ClusterBills {
  readonly #platform: Platform;
  readonly #prices: ClusterPrices;
  readonly #send: SendCharges;

  constructor(platform: Platform, prices: ClusterPrices, send: SendCharges) {
    this.#platform = platform;
    this.#prices = prices;
    this.#send = send;
  }

  /**
   * Bills every month whose facts are newer than its bill; recent ones also each day, for the day that passed and for
   * prices that changed. Charges that come out equal replace nothing.
   */
  async turn(signal: AbortSignal): Promise<void> {
    const { warehouse, store, clock, telemetry } = this.#platform;
    const today = Math.floor(clock.now().getTime() / dayMs) * dayMs;
    for (const month of await selectBillableMonths(warehouse, clock.now())) {
      if (signal.aborted) return;
      const { from, to } = spanOf(month.period, today);
      if (to <= from) continue;
      const bill = await findBill(store, month);
      const recent = today - to < recentDays * dayMs;
      const current =
        bill !== undefined &&
        bill.factsUntil.getTime() >= month.factsUntil &&
        (!recent || (bill.daysUntil.getTime() >= to && bill.billedAt.getTime() >= today));
      if (current) continue;
      try {
        await this.bill(month, from, to, signal);
      } catch (error) {
        // One cluster that cannot be billed must not keep the others from it; the next turn tries again.
        if (signal.aborted) return;
        telemetry.log.warn(
          { err: error, cluster: month.cluster, period: month.period },
          'A cluster could not be billed',
        );
      }
    }
  }

  /** Bills one month up to `to` (epoch milliseconds). */
  async bill(month: BillableMonth, from: number, to: number, signal?: AbortSignal): Promise<void> {
    const { warehouse, store, clock } = this.#platform;
    const { tenant, region, cluster, period } = month;
    const asked = { tenant, region, cluster, from: from / 1000, to: to / 1000, signal };
    const capacity = capacityDays(await selectOffers(warehouse, asked), asked.from, asked.to);
    const rates = new ClusterRates(await this.#prices.book(tenant), capacity);
    const notices = new Set<string>();
    if (capacity.length === 0)
      notices.add('The capacity is not known, and idle is not billed: set `nodes` of its source.');
    const source = chargeSource(cluster);
    let charges = 0;
    const all = this.#charges(asked, capacity, rates, notices);
    const counted = (async function* () {
      for await (const charge of all) {
        charges += 1;
        yield charge;
      }
    })();
    await this.#send({ tenant, region, source, period }, counted);
    await saveBill(store, {
      ...{ tenant, region, cluster, period, source, charges },
      factsUntil: new Date(month.factsUntil),
      daysUntil: new Date(to),
      notices: [...notices].slice(0, mostNotices),
      billedAt: clock.now(),
    });
  }

  /** As many days at once as can be held; a month of many pods is read day by day. */
  async *#charges(
    asked: BillSpan,
    capacity: readonly CapacityDay[],
    rates: ClusterRates,
    notices: Set<string>,
  ): AsyncGenerator<CostCharge> {
    const { warehouse } = this.#platform;
    const [first, end] = [asked.from / daySeconds, asked.to / daySeconds];
    const runs = await countRuns(warehouse, asked);
    const step = Math.max(1, Math.min(31, Math.floor((31 * rowsHeld) / Math.max(1, runs))));
    for (let start = first; start < end; start += step) {
      const stop = Math.min(end, start + step);
      const span = { ...asked, from: start * daySeconds, to: stop * daySeconds };
      const jobs = Map.groupBy(await selectJobDays(warehouse, span, { billable: true }), ({ day }) => day);
      for (let day = start; day < stop; day++) {
        const offered = capacity.filter((one) => one.day === day);
        yield* dayCharges(day, jobs.get(day) ?? [], offered, rates, notices);
      }
    }
  }
}

interface BillSpan {
  tenant: string;
  region: string;
  cluster: string;
  /** Seconds of the epoch. */
  from: number;
  to: number;
  signal: AbortSignal | undefined;
}

/** Rows of runs and days that are held at once. */
const rowsHeld = 100_000;

/** Days of a month that have passed, epoch milliseconds. */
function spanOf(period: string, today: number): { from: number; to: number } {
  const [year = 0, month = 1] = period.split('-').map(Number);
  return { from: Date.UTC(year, month - 1, 1), to: Math.min(Date.UTC(year, month, 1), today) };
}
