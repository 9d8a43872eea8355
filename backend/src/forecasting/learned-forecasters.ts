import type { Step } from './baselines.ts';
import { Ensemble } from './ensemble.ts';
import { horizonMinutes, type Forecast } from './forecaster.ts';
import { IssuedBands, type Proposal } from './issued-bands.ts';
import type { Window } from './lstm/window-builder.ts';

/** What the network answers to one window: 30 numbers each, see `quantileLevels`. Absent where it was not asked. */
export interface Outputs {
  /** With the weights that all workloads share. */
  lstm?: Float32Array | undefined;
  /** With weights of the workload's own. */
  tuned?: Float32Array | undefined;
}

/** Half a day: what the network itself expects to be off by changes with the hour already. */
const scores = 720;
const withoutNetwork = 'the network has had too little to go by, or could not be asked: the last value stands in';
const experts = ['persistence', 'seasonal-naive', 'autoregressive', 'lstm', 'lstm-tuned'] as const;

/** Forecasts that rest on the network: its own, with shared and with tuned weights, and the ensemble of all. */
export class LearnedForecasters {
  readonly #bands = {
    lstm: new IssuedBands(scores),
    'lstm-tuned': new IssuedBands(scores),
    ensemble: new IssuedBands(scores),
  };
  readonly #ensemble = new Ensemble(experts, 'lstm');

  /** What all say after the step's minute, the baselines included. */
  conclude({ requests, said, window }: Step, { lstm, tuned }: Outputs): Map<string, Forecast> {
    for (const bands of Object.values(this.#bands)) bands.advance(requests);
    this.#ensemble.advance(requests);
    const all = new Map(said);
    if (requests === null) return all;
    if (window && lstm) all.set('lstm', this.#bands.lstm.issue(proposalOf(window, lstm)));
    else if (said.has('persistence')) all.set('lstm', { ...said.get('persistence')!, fallback: withoutNetwork });
    if (window && tuned) all.set('lstm-tuned', this.#bands['lstm-tuned'].issue(proposalOf(window, tuned)));
    const mean = this.#ensemble.combine(all, window?.scale ?? 0);
    if (mean) all.set('ensemble', this.#bands.ensemble.issue(mean));
    return all;
  }
}

/** The network's answer in requests per minute. Values stay between nothing and the window's ceiling. */
function proposalOf({ last, scale, ceiling }: Window, output: Float32Array): Proposal {
  const within = (normalised: number): number => Math.min(ceiling, Math.max(0, last + scale * normalised));
  const values = Float64Array.from({ length: horizonMinutes }, (_, at) => within(output[at]!));
  const reach = Array.from(values, (_, at) => ({
    below: scale * (output[at]! - output[horizonMinutes + at]!),
    above: scale * (output[2 * horizonMinutes + at]! - output[at]!),
  }));
  return { values, reach };
}
