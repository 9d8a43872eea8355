import { frame, timeSeries, type FrameJson, type Notice } from './frame.ts';
import type { ScalingMark, TrafficSeries } from './ports.ts';

export type SeriesChoice = 'actual' | 'predicted' | 'band' | 'replicas' | 'capacity';
type Column = 'actual' | 'predicted' | 'lower' | 'upper' | 'replicas' | 'capacity';
/** What came and was predicted, with the capacity of the pods where it is known. */
type DrawnSeries = TrafficSeries & { capacity?: readonly (number | null)[] };

const columnsOf: Readonly<Record<SeriesChoice, readonly Column[]>> = {
  actual: ['actual'],
  predicted: ['predicted'],
  band: ['lower', 'upper'],
  replicas: ['replicas'],
  capacity: ['capacity'],
};

/** The capacity of each minute of a series; null where it is not known. */
export function capacityColumn(
  minutes: readonly number[],
  capacity: readonly { minute: number; requestsPerMinute: number }[],
): (number | null)[] {
  const known = new Map(capacity.map(({ minute, requestsPerMinute }) => [minute, requestsPerMinute]));
  return minutes.map((minute) => known.get(minute) ?? null);
}

/** Frames of the chosen lines, each labelled with its series and workload; thinned to `maxPoints` by means of equal buckets. */
export function trafficFrames(
  refId: string,
  series: DrawnSeries,
  chosen: readonly SeriesChoice[],
  maxPoints: number,
): FrameJson[] {
  if (series.minutes.length === 0) return [];
  const bucket = Math.max(1, Math.ceil(series.minutes.length / Math.max(2, maxPoints)));
  const times = thin(series.minutes, bucket, (part) => part[0]!);
  const notices: Notice[] =
    bucket > 1
      ? [{ severity: 'info', text: `Each point is the mean of ${bucket} minutes; zoom in for every minute.` }]
      : [];
  const columns = [...new Set(chosen)]
    .flatMap((choice) => columnsOf[choice])
    .filter((column) => series[column] !== undefined);
  return timeSeries(
    refId,
    columns.map((column) => ({
      name: column,
      labels: { series: column, workload: series.workload },
      times,
      values: thin(series[column] ?? [], bucket, mean),
      config: {
        unit: column === 'replicas' ? 'short' : 'reqpm',
        ...(column === 'lower' || column === 'upper' ? { custom: { lineWidth: 0 } } : {}),
      },
    })),
    notices,
  );
}

function thin<T, R>(values: readonly T[], bucket: number, join: (part: readonly T[]) => R): R[] {
  const joined: R[] = [];
  for (let start = 0; start < values.length; start += bucket) joined.push(join(values.slice(start, start + bucket)));
  return joined;
}

function mean(values: readonly (number | null)[]): number | null {
  const present = values.filter((value) => value !== null);
  return present.length === 0 ? null : present.reduce((sum, value) => sum + value, 0) / present.length;
}

/** A run of minutes in which what came lay outside the band of what was predicted. */
export interface Surprise {
  from: number;
  to: number;
  side: 'above' | 'below';
  /** The worst minute of it. */
  actual: number;
  predicted: number;
  lower: number;
  upper: number;
}

/** One minute in five lies outside an 80 % band by design; a run of this many on one side does not. */
const SURPRISE_MINUTES = 5;

/** Runs of at least five minutes on one side of the band. */
export function surprises(series: TrafficSeries): Surprise[] {
  const found: Surprise[] = [];
  let run: Surprise | undefined;
  const close = (): void => {
    if (run && (run.to - run.from) / 60_000 + 1 >= SURPRISE_MINUTES) found.push(run);
    run = undefined;
  };
  for (const [i, at] of series.minutes.entries()) {
    const [actual, predicted, lower, upper] = [series.actual[i], series.predicted[i], series.lower[i], series.upper[i]];
    if (actual == null || predicted == null || lower == null || upper == null || (actual >= lower && actual <= upper)) {
      close();
      continue;
    }
    const side = actual > upper ? 'above' : 'below';
    if (run && run.side !== side) close();
    run ??= { from: at, to: at, side, actual, predicted, lower, upper };
    run.to = at;
    if (Math.abs(actual - predicted) > Math.abs(run.actual - run.predicted))
      Object.assign(run, { actual, predicted, lower, upper });
  }
  close();
  return found;
}

/** Annotations of what the forecast did not foresee. */
export function surpriseFrame(refId: string, workload: string, found: readonly Surprise[]): FrameJson {
  const round = (value: number): string => Math.round(value).toLocaleString('en');
  return annotationFrame(
    refId,
    found.map((one) => ({
      from: one.from,
      to: one.to + 60_000,
      title: one.side === 'above' ? 'More load than foreseen' : 'Less load than foreseen',
      text: `${workload}: ${round(one.actual)} requests a minute came, ${round(one.predicted)} were predicted (80 %: ${round(one.lower)} to ${round(one.upper)}).`,
      tags: ['forecast', one.side],
    })),
  );
}

/** Annotations of replicas that were changed, each with the Change that did it. */
export function scalingFrame(refId: string, marks: readonly ScalingMark[]): FrameJson {
  return annotationFrame(
    refId,
    marks.map(({ at, workload, kind, text, changeId }) => ({
      from: at.getTime(),
      to: at.getTime(),
      title: `${workload}: ${kind}`,
      text: changeId === null ? text : `${text} (Change ${changeId})`,
      tags: ['scaling', kind],
    })),
  );
}

export function annotationFrame(
  refId: string,
  marks: readonly { from: number; to: number; title: string; text: string; tags: readonly string[] }[],
): FrameJson {
  return frame('annotations', refId, [
    { name: 'time', type: 'time.Time', values: marks.map((mark) => mark.from) },
    { name: 'timeEnd', type: 'time.Time', values: marks.map((mark) => mark.to) },
    { name: 'title', type: 'string', values: marks.map((mark) => mark.title) },
    { name: 'text', type: 'string', values: marks.map((mark) => mark.text) },
    { name: 'tags', type: 'string', values: marks.map((mark) => mark.tags.join(',')) },
  ]);
}
