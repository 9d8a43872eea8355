/** Minutes of errors that are compared: the last half day. */
const window = 720;
/** Fewer minutes that both have forecast are no evidence. */
const minutesNeeded = 180;
/** Neighbouring errors are alike, so that they are averaged over half an hour before their spread is judged. */
const batch = 30;
/** A challenger must be better by this share of the champion's error, and by this many standard errors. */
const shareBetter = 0.05;
const standardErrors = 2;
/** What it gains ten minutes ahead it must not lose one minute ahead: by no more than this share. */
const nearShareLost = 0.01;

/** Why a forecaster took over, in requests per minute, ten minutes ahead. */
export interface Evidence {
  minutes: number;
  former: string;
  /** null where the former had fallen silent. */
  formerMae: number | null;
  mae: number;
}

/**
 * Which forecaster speaks for a workload: judged by what came, ten minutes ahead. It changes only where another one was
 * better in the last half day by 5 % and by two standard errors of the paired difference, or where it has fallen silent.
 * One minute ahead it must be no worse.
 */
export class ChampionContest {
  readonly #ids: readonly string[];
  readonly #errors: Float32Array[];
  /** The same one minute ahead. */
  readonly #near: Float32Array[];
  #minutes = 0;
  #champion: string;
  #evidence: Evidence | undefined;

  /** `champion`: who speaks until there is evidence. */
  constructor(ids: readonly string[], champion: string) {
    this.#ids = ids;
    this.#champion = champion;
    this.#errors = ids.map(() => new Float32Array(window).fill(Number.NaN));
    this.#near = ids.map(() => new Float32Array(window).fill(Number.NaN));
  }

  get champion(): string {
    return this.#champion;
  }

  /** Of the last change; undefined while it is the one that it began with. */
  get evidence(): Evidence | undefined {
    return this.#evidence;
  }

  /**
   * Takes in each forecaster's absolute error for the minute that came, as it had been said ten minutes before, and one
   * minute before (`near`); undefined: it had made no forecast of its own.
   */
  add(errors: readonly (number | undefined)[], near: readonly (number | undefined)[] = []): void {
    const slot = this.#minutes % window;
    for (const [index, ring] of this.#errors.entries()) ring[slot] = errors[index] ?? Number.NaN;
    for (const [index, ring] of this.#near.entries()) ring[slot] = near[index] ?? Number.NaN;
    this.#minutes += 1;
    if (this.#minutes % batch === 0) this.#judge();
  }

  #judge(): void {
    const champion = this.#ids.indexOf(this.#champion);
    const present = this.#errors[champion];
    if (!present) return;
    let best: { id: string; evidence: Evidence } | undefined;
    for (const [index, id] of this.#ids.entries()) {
      if (id === this.#champion || this.#lately(index).length === 0) continue;
      const found = compare(present, this.#errors[index]!);
      if (found && losesNear(this.#near[champion]!, this.#near[index]!)) continue;
      if (found && (!best || found.mae < best.evidence.mae))
        best = { id, evidence: { ...found, former: this.#champion } };
    }
    best ??= this.#successor();
    if (!best) return;
    this.#champion = best.id;
    this.#evidence = best.evidence;
  }

  /** The best of the others, where the champion has made no forecast of its own for half an hour and others have. */
  #successor(): { id: string; evidence: Evidence } | undefined {
    if (this.#lately(this.#ids.indexOf(this.#champion)).length > 0) return undefined;
    let best: { id: string; evidence: Evidence } | undefined;
    for (const [index, id] of this.#ids.entries()) {
      const errors = this.#lately(index);
      if (errors.length === 0) continue;
      const mae = errors.reduce((sum, error) => sum + error, 0) / errors.length;
      if (best && best.evidence.mae <= mae) continue;
      best = { id, evidence: { minutes: errors.length, former: this.#champion, formerMae: null, mae } };
    }
    return best;
  }

  /** Errors of the last half hour, without the minutes for which there was no forecast. */
  #lately(index: number): Float32Array {
    const from = (this.#minutes - batch) % window;
    return this.#errors[index]!.subarray(from, from + batch).filter((error) => !Number.isNaN(error));
  }
}

/** Whether the challenger is worse one minute ahead, over the minutes for which both have spoken. */
function losesNear(champion: Float32Array, challenger: Float32Array): boolean {
  let [former, own] = [0, 0];
  for (let i = 0; i < window; i += 1) {
    if (Number.isNaN(champion[i]!) || Number.isNaN(challenger[i]!)) continue;
    former += champion[i]!;
    own += challenger[i]!;
  }
  return own > (1 + nearShareLost) * former;
}

/** Means of both where the challenger is better by the rules above, else undefined. Rings are compared slot by slot. */
function compare(
  champion: Float32Array,
  challenger: Float32Array,
): { minutes: number; formerMae: number; mae: number } | undefined {
  const differences: number[] = [];
  let [minutes, formerSum, sum] = [0, 0, 0];
  for (let start = 0; start < window; start += batch) {
    let [n, difference] = [0, 0];
    for (let i = start; i < start + batch; i += 1) {
      const former = champion[i]!;
      const own = challenger[i]!;
      if (Number.isNaN(former) || Number.isNaN(own)) continue;
      n += 1;
      difference += former - own;
      formerSum += former;
      sum += own;
    }
    minutes += n;
    if (n >= batch / 2) differences.push(difference / n);
  }
  if (minutes < minutesNeeded || differences.length < 2) return undefined;
  const mean = differences.reduce((total, one) => total + one, 0) / differences.length;
  const variance = differences.reduce((total, one) => total + (one - mean) ** 2, 0) / (differences.length - 1);
  const error = Math.sqrt(variance / differences.length);
  const better = sum < (1 - shareBetter) * formerSum && mean > standardErrors * error;
  return better ? { minutes, formerMae: formerSum / minutes, mae: sum / minutes } : undefined;
}
