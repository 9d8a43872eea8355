const gains = [0, 0.25, 0.5, 0.75, 1] as const;
/** Errors count half after twelve hours. */
const decay = 0.5 ** (1 / 720);

interface Issued {
  changes: Float64Array | undefined;
  last: number;
  scale: number;
}

/**
 * How much of a model's predicted change to believe, per horizon: of 0, 1/4, 1/2, 3/4 and 1 the one whose absolute error,
 * relative to the scale of the time, has lately been smallest. 0 is persistence.
 */
export class PersistenceGain {
  readonly #errors: Float64Array[];
  readonly #issued: (Issued | undefined)[];
  #minute = 0;

  constructor(horizons: number) {
    this.#errors = Array.from({ length: horizons }, () => new Float64Array(gains.length));
    this.#issued = new Array<Issued | undefined>(horizons + 1).fill(undefined);
  }

  /** Remembers what was predicted after this minute. Called once per minute, after `score`. */
  issue(changes: Float64Array | undefined, last: number, scale: number): void {
    this.#minute += 1;
    this.#issued[this.#minute % this.#issued.length] = { changes, last, scale };
  }

  /** Holds what came against what was predicted for it. */
  score(requests: number): void {
    for (let h = 0; h < this.#errors.length; h += 1) {
      const slot = this.#minute - h;
      const issued = slot > 0 ? this.#issued[slot % this.#issued.length] : undefined;
      if (!issued?.changes) continue;
      const errors = this.#errors[h]!;
      for (const [index, gain] of gains.entries()) {
        const predicted = Math.max(0, issued.last + gain * issued.changes[h]!);
        errors[index] = errors[index]! * decay + Math.abs(predicted - requests) / issued.scale;
      }
    }
  }

  /** Gain of horizon index `h` (0: one minute ahead). Equal errors: the larger gain. */
  of(h: number): number {
    const errors = this.#errors[h]!;
    let best = gains.length - 1;
    for (let index = best - 1; index >= 0; index -= 1) if (errors[index]! < errors[best]!) best = index;
    return gains[best]!;
  }
}
