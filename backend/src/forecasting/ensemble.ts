import { horizonMinutes, type Forecast } from './forecaster.ts';
import type { Proposal } from './issued-bands.ts';

/** What was seen a day and a half ago counts half: as good as forgotten after a replay's three days. */
const remember = 0.5 ** (1 / 2160);
/** Misses beyond this many scales count as this, so that one burst does not settle who is heard. */
const largestRegret = 10;

interface Pending {
  scale: number;
  /** Medians of each expert; undefined where it had none of its own. */
  said: readonly (Float64Array | undefined)[];
  mixed: Float64Array;
}

/**
 * A mean of what several forecasters say, weighted for each minute ahead by how much better than the mean they would have
 * been: polynomially weighted averages with a learning rate for each expert (ML-Poly: Gaillard, Stoltz and van Erven 2014,
 * "A second-order bound with excess losses") on the slope of the absolute error, with the past forgotten slowly.
 */
export class Ensemble {
  readonly #ids: readonly string[];
  /** Regret and its squares: `horizonMinutes` numbers for each expert. */
  readonly #regret: Float64Array[];
  readonly #squares: Float64Array[];
  readonly #pending: (Pending | undefined)[] = new Array<Pending | undefined>(horizonMinutes + 1).fill(undefined);
  readonly #first: number;
  #minutes = 0;

  /** `first`: the expert that is heard alone until there is evidence. */
  constructor(ids: readonly string[], first: string) {
    this.#ids = ids;
    this.#first = Math.max(0, ids.indexOf(first));
    this.#regret = ids.map(() => new Float64Array(horizonMinutes));
    this.#squares = ids.map(() => new Float64Array(horizonMinutes));
  }

  /** A minute has passed and brought `requests`. */
  advance(requests: number | null): void {
    this.#minutes += 1;
    const slots = this.#pending.length;
    for (let h = 1; requests !== null && h <= Math.min(horizonMinutes, this.#minutes - 1); h += 1) {
      const pending = this.#pending[(this.#minutes - h) % slots];
      if (pending) this.#learn(pending, h - 1, requests);
    }
    this.#pending[this.#minutes % slots] = undefined;
  }

  /** The mean of what is said after the last minute, `scale` being how much the series usually moves. */
  combine(said: ReadonlyMap<string, Forecast>, scale: number): Proposal | undefined {
    const experts = this.#ids.map((id) => {
      const forecast = said.get(id);
      return forecast?.fallback === undefined ? forecast : undefined;
    });
    if (experts.every((expert) => expert === undefined)) return undefined;
    const values = new Float64Array(horizonMinutes);
    const reach = Array.from({ length: horizonMinutes }, () => ({ below: 0, above: 0 }));
    for (let at = 0; at < horizonMinutes; at += 1) {
      for (const [index, share] of this.#shares(experts, at).entries()) {
        if (share === 0) continue;
        const { median, lower, upper } = experts[index]!;
        values[at] = values[at]! + share * median[at]!;
        reach[at]!.below += share * (median[at]! - lower[at]!);
        reach[at]!.above += share * (upper[at]! - median[at]!);
      }
    }
    this.#pending[this.#minutes % this.#pending.length] = {
      scale,
      said: experts.map((expert) => expert?.median),
      mixed: values,
    };
    return { values, reach };
  }

  /** Shares of the experts, minute `at` + 1 ahead; they add up to 1. */
  #shares(experts: readonly (Forecast | undefined)[], at: number): number[] {
    const raw = experts.map((expert, index) => {
      const regret = this.#regret[index]![at]!;
      return expert && regret > 0 ? regret / (1 + this.#squares[index]![at]!) : 0;
    });
    const total = raw.reduce((sum, one) => sum + one, 0);
    if (total > 0) return raw.map((one) => one / total);
    const first = experts[this.#first] ? this.#first : experts.findIndex((expert) => expert !== undefined);
    return experts.map((_, index) => (index === first ? 1 : 0));
  }

  #learn({ scale, said, mixed }: Pending, at: number, requests: number): void {
    if (!(scale > 0)) return;
    const side = Math.sign(mixed[at]! - requests);
    for (const [index, own] of said.entries()) {
      const regrets = this.#regret[index]!;
      const squares = this.#squares[index]!;
      const gained = own ? (side * (mixed[at]! - own[at]!)) / scale : 0;
      const bounded = Math.min(largestRegret, Math.max(-largestRegret, gained));
      regrets[at] = remember * regrets[at]! + bounded;
      squares[at] = remember * squares[at]! + bounded ** 2;
    }
  }
}
