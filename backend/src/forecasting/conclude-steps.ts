import type { Step } from './baselines.ts';
import type { Outputs } from './learned-forecasters.ts';
import type { Window } from './lstm/index.ts';
import type { WorkloadForecasts } from './workload-forecasts.ts';

/** Answers to windows, in their order; with the weights that all share, or with those given. */
export interface Network {
  answer(windows: readonly Window[], weights?: Float32Array): Promise<Float32Array[]>;
}

/** Weights of a workload's own. They speak for minutes after those that they were trained on only. */
export interface TunedWeights {
  weights: Float32Array;
  /** Number of the last minute that they have learned from. */
  until: number;
}

/** Steps of one workload that wait for the network's answers. */
export interface PreparedWork {
  forecasts: WorkloadForecasts;
  steps: readonly Step[];
  tuned?: TunedWeights | undefined;
}

/**
 * Asks the network about all steps of all workloads at once, and concludes them in order; `concluded` is called after each.
 * Without a network the baselines stand alone.
 */
export async function concludeSteps<Work extends PreparedWork>(
  network: Network | undefined,
  prepared: readonly Work[],
  concluded: (work: Work, step: Step) => void,
): Promise<void> {
  const outputs = await ask(network, prepared);
  for (const work of prepared) {
    for (const step of work.steps) {
      work.forecasts.conclude(step, outputs.get(step));
      concluded(work, step);
    }
  }
}

/** The same for one workload, step by step. */
export async function* concludeEach(network: Network | undefined, work: PreparedWork): AsyncGenerator<Step> {
  const outputs = await ask(network, [work]);
  for (const step of work.steps) {
    work.forecasts.conclude(step, outputs.get(step));
    yield step;
  }
}

async function ask(network: Network | undefined, prepared: readonly PreparedWork[]): Promise<Map<Step, Outputs>> {
  const outputs = new Map<Step, Outputs>();
  if (!network) return outputs;
  const asked = prepared.flatMap(({ steps }) => steps.filter((step) => step.window));
  const answers = await network.answer(asked.map((step) => step.window!));
  for (const [index, step] of asked.entries()) outputs.set(step, { lstm: answers[index] });
  for (const { steps, tuned } of prepared) {
    const own = tuned ? steps.filter((step) => step.window && step.minute > tuned.until) : [];
    if (!tuned || own.length === 0) continue;
    const said = await network.answer(
      own.map((step) => step.window!),
      tuned.weights,
    );
    for (const [index, step] of own.entries()) outputs.get(step)!.tuned = said[index];
  }
  return outputs;
}
