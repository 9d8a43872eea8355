import { AppError } from '../platform/errors/index.ts';
import type { Discovery, Mapped, Mapper, RawRecord } from '../anycost/index.ts';

/** A series of one query, as a line of the raw file holds it. */
export interface QueriedSeries {
  query: string;
  metric: Readonly<Record<string, string>>;
  /** Epoch seconds and a number as text. */
  values: readonly (readonly [number, string])[];
}

/** First line of a raw file: which hour it tells, and how finely. */
export interface HourWindow {
  /** Epoch milliseconds. */
  from: number;
  to: number;
  stepMs: number;
}

const hourMs = 3_600_000;
/** Hours that one look takes up at most; the next goes on from there. */
const mostHours = 72;

/**
 * One file for each whole hour that has passed since the cursor (epoch seconds), a few minutes after its end, when late
 * scrapes are in.
 */
export function discoverHours(now: Date, cursor: string | undefined, since: string | undefined): Discovery {
  const last = Math.floor((now.getTime() - 3 * 60_000) / hourMs) * hourMs;
  const known = /^\d{9,11}$/.test(cursor ?? '') ? Number(cursor) * 1000 : undefined;
  const first = known ?? (since === undefined ? last - hourMs : Math.floor(Date.parse(since) / hourMs) * hourMs);
  const files = [];
  let from = Math.min(first, last);
  for (; from < last && files.length < mostHours; from += hourMs)
    files.push({ name: nameOf(from), version: '1', format: 'ndjson' as const });
  return { files, cursor: String(from / 1000) };
}

function nameOf(hour: number): string {
  return `hour-${new Date(hour).toISOString().slice(0, 13)}.ndjson`;
}

/** The hour that a file of `discoverHours` tells. @throws AppError UNPROCESSABLE for another name */
export function windowOf(name: string, stepSeconds: number): HourWindow {
  const text = /^hour-(\d{4}-\d{2}-\d{2}T\d{2})\.ndjson$/.exec(name)?.[1];
  const from = text === undefined ? NaN : Date.parse(`${text}:00:00Z`);
  if (Number.isNaN(from)) throw new AppError('UNPROCESSABLE', `${name} names no hour.`);
  return { from, to: from + hourMs, stepMs: stepSeconds * 1000 };
}

/** The raw file of an hour, once all of its series are there: half an hour would be kept as a whole one. */
export async function hourFile(
  window: HourWindow,
  series: AsyncIterable<QueriedSeries>,
): Promise<AsyncIterable<Uint8Array>> {
  const lines = [Buffer.from(`${JSON.stringify({ window })}\n`)];
  for await (const one of series) lines.push(Buffer.from(`${JSON.stringify(one)}\n`));
  return (async function* () {
    yield* lines;
  })();
}

const mostSeries = 2_000_000;

/** Collects the series of one hour and hands them over at the end: only all of them together tell who held what. */
export class HourMapper implements Mapper {
  readonly #tell: (window: HourWindow, series: readonly QueriedSeries[]) => Mapped[];
  #window: HourWindow | undefined;
  #series: QueriedSeries[] = [];

  constructor(tell: (window: HourWindow, series: readonly QueriedSeries[]) => Mapped[]) {
    this.#tell = tell;
  }

  map({ value }: RawRecord): Mapped[] {
    const object = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
    if (object['window'] !== undefined) {
      const window = windowIn(object['window']);
      if (window === undefined) return refused('window', 'The window is no hour with a step');
      // Several hours may stand in one file, one after the other.
      const before = this.end();
      this.#window = window;
      return before;
    }
    const series = seriesOf(object);
    if (series === undefined) return refused('', 'The record is neither a window nor a series of Prometheus');
    if (this.#window === undefined) return refused('', 'The series comes before its window');
    if (this.#series.length >= mostSeries) return refused('', `More than ${mostSeries} series in one hour`);
    this.#series.push(series);
    return [];
  }

  end(): Mapped[] {
    const told = this.#window === undefined ? [] : this.#tell(this.#window, this.#series);
    this.#window = undefined;
    this.#series = [];
    return told;
  }
}

function windowIn(value: unknown): HourWindow | undefined {
  const { from, to, stepMs } = (value ?? {}) as Record<string, unknown>;
  if (typeof from !== 'number' || typeof to !== 'number' || typeof stepMs !== 'number') return undefined;
  const whole = Number.isInteger(from) && from % hourMs === 0 && to === from + hourMs;
  return whole && Number.isInteger(stepMs) && stepMs >= 1000 && hourMs % stepMs === 0
    ? { from, to, stepMs }
    : undefined;
}

function seriesOf(object: Record<string, unknown>): QueriedSeries | undefined {
  const { query, metric, values } = object;
  if (typeof query !== 'string' || typeof metric !== 'object' || metric === null || !Array.isArray(values))
    return undefined;
  if (!Object.values(metric).every((label) => typeof label === 'string')) return undefined;
  const paired = (values as unknown[]).every(
    (pair) => Array.isArray(pair) && typeof pair[0] === 'number' && typeof pair[1] === 'string',
  );
  return paired ? { query, metric: metric as Record<string, string>, values: values as [number, string][] } : undefined;
}

function refused(column: string, reason: string): Mapped[] {
  return [{ kind: 'quarantined', findings: [{ column, reason }] }];
}

/** Values of a series within the window, by the end of their step (epoch milliseconds); NaN and infinity left out. */
export function pointsOf({ values }: QueriedSeries, { from, to, stepMs }: HourWindow): Map<number, number> {
  const points = new Map<number, number>();
  for (const [seconds, text] of values) {
    const at = from + Math.round((seconds * 1000 - from) / stepMs) * stepMs;
    const value = Number(text);
    if (at > from && at <= to && Number.isFinite(value)) points.set(at, value);
  }
  return points;
}
