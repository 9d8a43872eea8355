import type { CostCharge } from '../anycost/index.ts';
import type { Platform } from '../platform/platform.ts';
import { forgetMonth, listDueMonths, noteMonths, noteSent, readMonth } from './charge-repository.ts';
import { chargeRule, chargeSource, estimatedCharge, type DayUsage } from './estimated-charges.ts';
import type { LlmUsagePorts } from './ports.ts';
import type { UsagePlace } from './request-row.ts';

/** A month is sent whole each time; between two times a source gathers what changes. */
const gatherMs = 10 * 60_000;
const firstWaitMs = 60_000;
/** A month is looked at daily: where a source stops charging its usage, what was charged is taken out again. */
const lookAgainMs = 86_400_000;
const monthsOfTurn = 50;

/** Sends the estimated cost of sources that ask for it as charges, a month at a time. */
export class UsageCharging {
  readonly #platform: Pick<Platform, 'store' | 'warehouse' | 'clock' | 'telemetry'>;
  readonly #ports: LlmUsagePorts;

  constructor(platform: Pick<Platform, 'store' | 'warehouse' | 'clock' | 'telemetry'>, ports: LlmUsagePorts) {
    this.#platform = platform;
    this.#ports = ports;
  }

  /** Notes the months of days that were rolled up, where the source charges its usage. */
  async note(place: UsagePlace, days: readonly string[]): Promise<void> {
    if (!this.#ports.sendCharges || !this.#ports.findSource) return;
    if (chargeRule(await this.#ports.findSource(place.tenant, place.source)) === undefined) return;
    const months = [...new Set(days.map((day) => day.slice(0, 7)))];
    const { store, clock } = this.#platform;
    const now = clock.now().getTime();
    await noteMonths(store, place, months, { first: new Date(now + firstWaitMs), again: new Date(now + gatherMs) });
  }

  /** Sends what is due. A month that fails is logged and tried again with the next turn. @returns months that were sent */
  async turn(signal: AbortSignal): Promise<number> {
    const { store, warehouse, clock, telemetry } = this.#platform;
    let sent = 0;
    for (const due of await listDueMonths(store, clock.now(), monthsOfTurn)) {
      if (signal.aborted) break;
      const rule = chargeRule(await this.#ports.findSource?.(due.tenant, due.source));
      try {
        const usage = rule === undefined ? [] : await readMonth(warehouse, due);
        const { tenant, region, month } = due;
        const place = { tenant, region, source: chargeSource(due.source), period: month };
        await this.#ports.sendCharges?.(place, chargesOf(usage, rule?.providers));
        const now = clock.now().getTime();
        const next = { look: new Date(now + lookAgainMs), change: new Date(now + gatherMs) };
        await (rule === undefined ? forgetMonth(store, due) : noteSent(store, due, next));
        sent += 1;
      } catch (error) {
        telemetry.log.warn({ err: error, ...due }, 'Estimated charges could not be sent');
      }
    }
    return sent;
  }
}

async function* chargesOf(
  usage: readonly DayUsage[],
  providers: readonly string[] | undefined,
): AsyncGenerator<CostCharge> {
  for (const day of usage) if (providers === undefined || providers.includes(day.provider)) yield estimatedCharge(day);
}
