import type { GpuSample, Mapped } from '../../anycost/index.ts';
import { gpuPlaces, type GpuPlace } from '../gpu-series.ts';
import { pointsOf, type HourWindow, type QueriedSeries } from '../prometheus-hours.ts';

/** What is asked of the DCGM exporter: GPUs that are split into MIG instances have no utilisation but engine activity. */
export const dcgmMetrics = {
  utilisation: 'DCGM_FI_DEV_GPU_UTIL',
  activity: 'DCGM_FI_PROF_GR_ENGINE_ACTIVE',
  memoryUsed: 'DCGM_FI_DEV_FB_USED',
  memoryFree: 'DCGM_FI_DEV_FB_FREE',
  power: 'DCGM_FI_DEV_POWER_USAGE',
} as const;
type Measure = keyof typeof dcgmMetrics;

const MIB = 1024 ** 2;

interface Held {
  place: GpuPlace;
  /** Values by end of step. */
  values: Map<Measure, Map<number, number>>;
}

/**
 * Samples of each GPU (or MIG instance) and job in an hour: means of utilisation, memory and power over the steps in which
 * the job held it. Steps for which several jobs are named are split between them.
 */
export function gpuHours(
  window: HourWindow,
  series: readonly QueriedSeries[],
  settings: { cluster: string; gpuTypes: Readonly<Record<string, string>> },
): Mapped[] {
  const places = gpuPlaces(series);
  const held = new Map<string, Held>();
  const refused: Mapped[] = [];
  series.forEach((one, index) => {
    const place = places[index];
    if (!(one.query in dcgmMetrics)) return;
    if (place === undefined) return void refused.push(withoutPlace);
    const key = JSON.stringify([place.node, place.gpu, place.jobId]);
    const known = held.get(key) ?? { place, values: new Map<Measure, Map<number, number>>() };
    held.set(key, known);
    const measure = one.query as Measure;
    known.values.set(measure, new Map([...(known.values.get(measure) ?? []), ...pointsOf(one, window)]));
  });
  const shared = sharersOf(held.values());
  const samples = [...held.values()].map((one) => sampleOf(one, shared, window, settings));
  return [...refused.slice(0, 1), ...samples.filter((one) => one !== undefined)];
}

const withoutPlace: Mapped = {
  kind: 'quarantined',
  findings: [{ column: 'metric', reason: 'The series has no labels Hostname and gpu' }],
};

/** Steps at which the GPU was seen: those with a utilisation, else with activity of its engine. */
function seenAt({ values }: Held): Map<number, number> {
  const utilisation = values.get('utilisation');
  if (utilisation !== undefined && utilisation.size > 0) return utilisation;
  return new Map([...(values.get('activity') ?? [])].map(([at, share]) => [at, share * 100]));
}

/** How many jobs are named for a GPU at a step. */
function sharersOf(all: Iterable<Held>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of all)
    for (const at of seenAt(one).keys()) {
      const key = `${one.place.node} ${one.place.gpu} ${at}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  return counts;
}

function sampleOf(
  held: Held,
  shared: ReadonlyMap<string, number>,
  window: HourWindow,
  settings: { cluster: string; gpuTypes: Readonly<Record<string, string>> },
): Mapped | undefined {
  const { place, values } = held;
  const seen = [...seenAt(held)].filter(([, value]) => value >= 0 && value <= 101);
  if (seen.length === 0) return undefined;
  let [seconds, weighted] = [0, 0];
  for (const [at, value] of seen) {
    const part = window.stepMs / 1000 / (shared.get(`${place.node} ${place.gpu} ${at}`) ?? 1);
    seconds += part;
    weighted += part * Math.min(100, value);
  }
  const mean = (measure: Measure): number => {
    const points = [...(values.get(measure)?.values() ?? [])].filter((value) => value >= 0);
    return points.length === 0 ? 0 : points.reduce((sum, value) => sum + value, 0) / points.length;
  };
  const used = mean('memoryUsed') * MIB;
  const sample: GpuSample = {
    cluster: settings.cluster,
    node: place.node,
    gpu: place.gpu,
    gpuType: settings.gpuTypes[place.model] ?? place.model,
    hour: new Date(window.from).toISOString().replace('.000Z', 'Z'),
    jobId: place.jobId,
    utilisation: weighted / seconds,
    memoryUsedBytes: used,
    memoryTotalBytes: used + mean('memoryFree') * MIB,
    powerWatts: mean('power'),
    uuid: place.uuid,
    seconds: Math.round(seconds * partOfGpu(place) * 1000) / 1000,
  };
  return { kind: 'gpu-sample', sample };
}

/** Compute slices of the MIG instance over those of its GPU. */
function partOfGpu({ profile, model }: GpuPlace): number {
  const slices = Number(/^(\d)g\./.exec(profile)?.[1] ?? 0);
  return slices === 0 ? 1 : Math.min(1, slices / (/\bA30\b/.test(model) ? 4 : 7));
}
