import type { Comparison, ExperimentSettings } from './contract.ts';
import { mean, meanInterval, ratioInterval, unpaired, type Interval } from './confidence-sequence.ts';

/** What was seen of one call on one side. */
export interface Observation {
  callId: string;
  arm: 'A' | 'B';
  /** What stays on one side: a session, else the call. */
  unit: string;
  ok: boolean;
  cost: number | null;
  totalMs: number | null;
  firstTokenMs: number | null;
  quality: number | null;
}

type Field = 'cost' | 'totalMs' | 'firstTokenMs' | 'quality';
type Failing = Field | 'failed';

/**
 * Compares both sides: of a shadow pair by pair, else as groups that were drawn by chance, session by session. Cost and quality
 * share the chance of error, so that what the sentence says of both holds with the confidence that was asked for, at whatever
 * moment one looks.
 */
export function compared(
  observations: readonly Observation[],
  kind: 'shadow' | 'ab',
  {
    confidence,
    quality: { method, margin },
    minObservations,
  }: Pick<ExperimentSettings, 'confidence' | 'quality' | 'minObservations'>,
): Comparison {
  const measuresQuality = method !== 'none';
  const alpha = 1 - confidence;
  const sides = kind === 'shadow' ? pairedSides(observations) : groupedSides(observations);
  const shared = measuresQuality ? alpha / 2 : alpha;
  const costs = sides.values('cost');
  const cost = kind === 'shadow' ? ratioInterval(costs.pairs, shared) : groupRatio(costs, shared);
  const difference = (field: Failing, chance: number, slack = 0): Interval | undefined =>
    meanInterval(sides.differences(field), chance, slack);
  const qualities = measuresQuality ? sides.differences('quality') : [];
  // Answers that are all as good by chance would leave no doubt at all: a quarter of an observation of doubt is added.
  const quality = meanInterval(qualities, shared, qualities.length === 0 ? 0 : 1 / (4 * qualities.length));
  const [totalMs, firstTokenMs, failures] = [
    difference('totalMs', alpha),
    difference('firstTokenMs', alpha),
    difference('failed', alpha, 1 / (4 * Math.max(1, sides.count))),
  ];
  const known = { cost, quality: measuresQuality ? quality : undefined, totalMs, failures };
  const enough = sides.count >= minObservations && (!measuresQuality || qualities.length >= minObservations);
  const decision = enough ? decided(known, margin, measuresQuality) : 'undecided';
  return {
    observations: sides.count,
    ...(cost ? { cost } : {}),
    ...(totalMs ? { totalMs } : {}),
    ...(firstTokenMs ? { firstTokenMs } : {}),
    ...(failures ? { failures } : {}),
    ...(quality ? { quality } : {}),
    arms: { A: armOf(observations, 'A'), B: armOf(observations, 'B') },
    decision,
    sentence: sentenceOf(decision, known, { confidence, margin, method, count: sides.count, enough }),
  };
}

interface Known {
  cost: Interval | undefined;
  quality: Interval | undefined;
  totalMs: Interval | undefined;
  failures: Interval | undefined;
}

/** B is better where it is cheaper and no worse; A where B is worse, or dearer without being better. */
function decided({ cost, quality, failures }: Known, margin: number, measuresQuality: boolean): Comparison['decision'] {
  if (measuresQuality && !quality) return 'undecided';
  if (failures && failures.low > margin) return 'A';
  if (quality && quality.high < -margin) return 'A';
  const noWorse = (!quality || quality.low >= -margin) && (!failures || failures.high <= Math.max(margin, 0.01));
  if (!cost) return quality && quality.low > 0 ? 'B' : 'undecided';
  if (noWorse && cost.high < 0) return 'B';
  if (quality && quality.low > 0 && cost.high <= 0.01) return 'B';
  if (cost.low > 0 && (!quality || quality.high <= margin)) return 'A';
  const isNarrow = cost.low > -0.01 && cost.high < 0.01;
  return noWorse && isNarrow && (!quality || quality.high <= margin) ? 'same' : 'undecided';
}

function sentenceOf(
  decision: Comparison['decision'],
  { cost, quality, totalMs, failures }: Known,
  about: { confidence: number; margin: number; method: string; count: number; enough: boolean },
): string {
  const sure = `${Math.round(about.confidence * 1000) / 10} %`;
  const money = cost && moneyWords(cost);
  const worth = quality && qualityWords(quality, about);
  const speed = totalMs && speedWords(totalMs);
  const broken = failures && failureWords(failures);
  const found = [money, worth, broken, speed].filter((words) => words !== undefined).join(', ');
  const what = found === '' ? 'nothing is known yet' : `B is ${found}`;
  const seen = `${about.count} observations`;
  switch (decision) {
    case 'B':
      return `B is better: ${found} (${sure}, ${seen}).`;
    case 'A':
      return `A is better: ${what} (${sure}, ${seen}).`;
    case 'same':
      return `Neither is better: ${what} (${sure}, ${seen}).`;
    case 'undecided':
      return about.enough
        ? `Not decided yet: ${what} (${sure}, ${seen}).`
        : `Too few to tell: ${what} so far (${seen}).`;
  }
}

function moneyWords({ estimate, low, high }: Interval): string {
  const percent = (share: number): string => `${Math.round(Math.abs(share) * 1000) / 10} %`;
  const range = `${percent(Math.min(Math.abs(low), Math.abs(high)))} to ${percent(Math.max(Math.abs(low), Math.abs(high)))}`;
  if (high < 0) return `${percent(estimate)} cheaper (${range})`;
  if (low > 0) return `${percent(estimate)} dearer (${range})`;
  return `not clearly cheaper or dearer (${signed(low)} to ${signed(high)})`;
}

function signed(share: number): string {
  return `${share < 0 ? '-' : '+'}${Math.round(Math.abs(share) * 1000) / 10} %`;
}

function qualityWords({ low, high }: Interval, { margin, method }: { margin: number; method: string }): string {
  const points = (share: number): string => `${Math.round(Math.abs(share) * 1000) / 10} points`;
  const by = {
    exact: ', by equal answers',
    similarity: ', by likeness of words',
    embedding: ', by likeness of meaning',
  };
  const how = by[method as keyof typeof by] ?? (method === 'judge' ? ', by a judge' : ', by people');
  if (low > 0) return `better by ${points(low)} to ${points(high)}${how}`;
  if (low >= -margin) return `no worse (at most ${points(Math.min(0, low))} less${how})`;
  if (high < -margin) return `worse by ${points(high)} to ${points(low)}${how}`;
  return `perhaps up to ${points(low)} worse${how}`;
}

/** Nothing where it may be that both fail as often. */
function failureWords({ low, high }: Interval): string | undefined {
  const points = (share: number): string => `${Math.round(Math.abs(share) * 1000) / 10} points`;
  if (low > 0) return `failing more often by ${points(low)} to ${points(high)}`;
  return high < 0 ? `failing less often by ${points(high)} to ${points(low)}` : undefined;
}

function speedWords({ estimate, low, high }: Interval): string {
  if (low <= 0 && high >= 0) return 'about as quick';
  return `${Math.round(Math.abs(estimate))} ms ${estimate < 0 ? 'quicker' : 'slower'}`;
}

interface Sides {
  count: number;
  values(field: Field): { pairs: [number, number][]; a: number[]; b: number[] };
  differences(field: Failing): number[];
}

function valueOf(observation: Observation, field: Failing): number | null {
  if (field === 'failed') return observation.ok ? 0 : 1;
  return observation[field];
}

function pairedSides(observations: readonly Observation[]): Sides {
  const calls = new Map<string, { A?: Observation; B?: Observation }>();
  for (const one of observations) calls.set(one.callId, { ...calls.get(one.callId), [one.arm]: one });
  const pairs = [...calls.values()].flatMap(({ A, B }) => (A && B ? [[A, B] as const] : []));
  const valued = (field: Failing): [number, number][] =>
    pairs.flatMap(([A, B]) => {
      // How quick and how good a call was that failed says nothing.
      if (field !== 'failed' && field !== 'cost' && !(A.ok && B.ok)) return [];
      const [a, b] = [valueOf(A, field), valueOf(B, field)];
      return a === null || b === null ? [] : [[a, b]];
    });
  return {
    count: pairs.length,
    values: (field) => ({ pairs: valued(field), a: [], b: [] }),
    differences: (field) => valued(field).map(([a, b]) => b - a),
  };
}

function groupedSides(observations: readonly Observation[]): Sides {
  const of = (arm: 'A' | 'B', field: Failing): number[] => {
    const units = new Map<string, number[]>();
    for (const one of observations) {
      const value = valueOf(one, field);
      if (one.arm !== arm || value === null || (field !== 'failed' && field !== 'cost' && !one.ok)) continue;
      units.set(one.unit, [...(units.get(one.unit) ?? []), value]);
    }
    return [...units.values()].map(mean);
  };
  return {
    count: new Set(observations.map(({ arm, unit }) => `${arm}|${unit}`)).size,
    values: (field) => ({ pairs: [], a: of('A', field), b: of('B', field) }),
    differences: (field) => unpaired(of('A', field), of('B', field)),
  };
}

/** Difference of the means as a share of the first, which is known well enough to be taken as it is. */
function groupRatio({ a, b }: { a: number[]; b: number[] }, alpha: number): Interval | undefined {
  const base = mean(a);
  const difference = meanInterval(unpaired(a, b), alpha);
  if (!difference || base <= 0) return undefined;
  // The linear part of the ratio: what is uncertain of the base counts by the ratio.
  const ratio = mean(b) / base;
  const share = b.length / (a.length + b.length);
  const linear = [
    ...a.map((value) => (-ratio * (value - base)) / (1 - share) / base),
    ...b.map((value) => (value - mean(b)) / share / base),
  ];
  const spread = meanInterval(linear, alpha)!;
  const half = spread.high - spread.estimate;
  return { estimate: ratio - 1, low: ratio - 1 - half, high: ratio - 1 + half };
}

function armOf(observations: readonly Observation[], arm: 'A' | 'B'): Comparison['arms']['A'] {
  const own = observations.filter((one) => one.arm === arm);
  const meanOf = (field: Field): number | undefined => {
    const values = own.flatMap((one) => one[field] ?? []);
    return values.length === 0 ? undefined : mean(values);
  };
  const [meanCost, meanTotalMs, quality] = [meanOf('cost'), meanOf('totalMs'), meanOf('quality')];
  return {
    calls: own.length,
    ...(own.length === 0 ? {} : { failed: own.filter(({ ok }) => !ok).length / own.length }),
    ...(meanCost === undefined ? {} : { meanCost }),
    ...(meanTotalMs === undefined ? {} : { meanTotalMs }),
    ...(quality === undefined ? {} : { quality }),
  };
}
