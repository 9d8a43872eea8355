import { horizonMinutes, type Observation, type PointForecast, type PointForecaster } from './forecaster.ts';
import { History } from './history.ts';
import { NormalEquations } from './normal-equations.ts';

const lags = 60;
/** Minutes around "now, one season ago" that are features as well: 4 before it to 15 after it. */
const seasonBefore = 4;
const seasonFeatures = 20;
const features = lags + 1 + seasonFeatures;
/** Coefficients are solved for on every multiple of this many minutes, so that a replay solves at the same ones. */
const solveEvery = 30;
const rowsBeforeFirstForecast = 180;
/** Older rows count 1/e after three days, which is as far back as a restart replays. */
const forget = 1 - 1 / 4320;
/** Rows with more unmeasured lags than this are not learned from. */
const gapsAllowed = lags / 4;

/** One window as the model sees it: `x` is measured from the last value and in units of `scale`. */
interface Row {
  x: Float64Array;
  last: number;
  scale: number;
}

/**
 * An autoregressive model over the last 60 minutes and the same time of the last season, one linear head per horizon,
 * learned online by ridge regression. Values enter as differences from the last one, divided by the square root of the
 * level (of counts the variance grows with the mean), so that quiet nights and flash crowds weigh alike. The penalty weighs
 * as much as one row. How its settings were chosen is in docs/figures.md.
 */
export class Autoregressive implements PointForecaster {
  readonly id = 'autoregressive';
  readonly #season: number;
  readonly #history: History;
  readonly #equations = new NormalEquations(features, horizonMinutes, forget);
  /** Rows whose targets are still to come: slot = minutes taken in, modulo its length. */
  readonly #rows: (Row | undefined)[] = new Array<Row | undefined>(horizonMinutes + 1).fill(undefined);
  #coefficients: Float64Array | undefined;
  #seasonLevel = 0;

  /** `seasonMinutes`: how long ago "the same time of the last season" is; below 30 the season is left out. */
  constructor(seasonMinutes: number) {
    this.#season = seasonMinutes >= 30 ? seasonMinutes : 0;
    this.#history = new History(Math.max(this.#season, lags) + lags);
  }

  observe({ minute, requests }: Observation): void {
    const history = this.#history;
    history.push(requests);
    if (history.count === 0) return;
    this.#learn();
    if (minute % solveEvery === 0) {
      this.#seasonLevel = this.#meanOfSeason();
      if (this.#equations.rows >= rowsBeforeFirstForecast) {
        this.#coefficients = this.#equations.solve(1 / this.#equations.rows) ?? this.#coefficients;
      }
    }
    this.#rows[history.count % this.#rows.length] = this.#row();
  }

  forecast(): PointForecast | undefined {
    const row = this.#rows[this.#history.count % this.#rows.length];
    if (!row) {
      return this.#history.count < lags
        ? undefined
        : { values: new Float64Array(horizonMinutes).fill(this.#history.at(0)) };
    }
    if (!this.#coefficients) return undefined;
    const values = this.#changes(row);
    const ceiling = 5 * this.#highest();
    for (let h = 0; h < horizonMinutes; h += 1) {
      values[h] = Math.min(ceiling, Math.max(0, row.last + values[h]!));
    }
    return { values };
  }

  /** Learns from the window whose last target has just come. */
  #learn(): void {
    const history = this.#history;
    const row = this.#rows[(history.count - horizonMinutes) % this.#rows.length];
    if (history.count <= horizonMinutes || !row) return;
    const targets = new Float64Array(horizonMinutes);
    for (let h = 1; h <= horizonMinutes; h += 1) {
      const age = horizonMinutes - h;
      if (!history.measured(age)) return;
      targets[h - 1] = (history.at(age) - row.last) / row.scale;
    }
    this.#equations.add(row.x, targets);
  }

  /** Predicted change from the last value for each horizon, in requests per minute. */
  #changes(row: Row): Float64Array {
    const coefficients = this.#coefficients!;
    const values = new Float64Array(horizonMinutes);
    for (let h = 0, at = 0; h < horizonMinutes; h += 1) {
      let sum = 0;
      for (let i = 0; i < features; i += 1, at += 1) sum += coefficients[at]! * row.x[i]!;
      values[h] = sum * row.scale;
    }
    return values;
  }

  /** The present window, or `undefined` where it is too short, too full of gaps or without any traffic. */
  #row(): Row | undefined {
    const history = this.#history;
    if (!history.has(lags - 1) || !history.measured(0)) return undefined;
    let mean = 0;
    let gaps = 0;
    for (let i = 0; i < lags; i += 1) {
      mean += history.at(i) / lags;
      if (!history.measured(i)) gaps += 1;
    }
    const level = Math.max(mean, this.#seasonLevel);
    if (gaps > gapsAllowed || level <= 0) return undefined;
    const last = history.at(0);
    const scale = Math.sqrt(level);
    const x = new Float64Array(features);
    for (let i = 0; i < lags; i += 1) x[i] = (history.at(i) - last) / scale;
    x[lags] = 1;
    this.#fillSeason(x, level, scale);
    return { x, last, scale };
  }

  /** How it went on one season ago, as differences from then, bounded to three times the level. */
  #fillSeason(x: Float64Array, level: number, scale: number): void {
    const history = this.#history;
    if (this.#season === 0 || !history.has(this.#season + seasonBefore)) return;
    const then = history.at(this.#season);
    const bound = 3 * level;
    for (let i = 0; i < seasonFeatures; i += 1) {
      const change = history.at(this.#season + seasonBefore - i) - then;
      x[lags + 1 + i] = Math.max(-bound, Math.min(bound, change)) / scale;
    }
  }

  #meanOfSeason(): number {
    const known = Math.min(this.#history.count, Math.max(this.#season, lags));
    let sum = 0;
    for (let i = 0; i < known; i += 1) sum += this.#history.at(i);
    return known === 0 ? 0 : sum / known;
  }

  /** Highest value of the last hour and of the hour that followed this time one season ago. */
  #highest(): number {
    const history = this.#history;
    let highest = 0;
    for (let i = 0; i < lags; i += 1) {
      highest = Math.max(highest, history.at(i));
      if (history.has(this.#season - i) && this.#season > 0) highest = Math.max(highest, history.at(this.#season - i));
    }
    return highest;
  }
}
