/** Attributes as texts, those of the resource below those of the span. */
export type Attributes = Readonly<Record<string, string>>;

export interface OtlpSpan {
  /** 32 hexadecimal digits, lower case. */
  traceId: string;
  spanId: string;
  /** Empty for a root. */
  parentSpanId: string;
  name: string;
  /** Unix milliseconds. */
  startMs: number;
  endMs: number;
  /** 0 unset, 1 ok, 2 error. */
  statusCode: number;
  attributes: Attributes;
}

/** A point of a histogram: the sum and number of what was measured between two instants. */
export interface OtlpHistogramPoint {
  metric: string;
  /** 1 delta, 2 cumulative. */
  temporality: number;
  startMs: number;
  endMs: number;
  count: number;
  sum: number;
  attributes: Attributes;
}

type Json = Readonly<Record<string, unknown>>;

/** Spans in a trace export, or in the part of it under one resource. What is no span is left out and counted. */
export function spansOf(payload: unknown): { spans: OtlpSpan[]; unreadable: number } {
  const spans: OtlpSpan[] = [];
  let unreadable = 0;
  for (const group of groupsOf(payload, 'resourceSpans')) {
    const shared = attributesOf(objectOf(group['resource'])['attributes']);
    for (const scope of listOf(group['scopeSpans'])) {
      for (const entry of listOf(objectOf(scope)['spans'])) {
        const span = spanOf(objectOf(entry), shared);
        if (span) spans.push(span);
        else unreadable += 1;
      }
    }
  }
  return { spans, unreadable };
}

/** Points of histograms in a metrics export, and how many points of other kinds there are. */
export function histogramPointsOf(payload: unknown): { points: OtlpHistogramPoint[]; others: number } {
  const points: OtlpHistogramPoint[] = [];
  let others = 0;
  for (const group of groupsOf(payload, 'resourceMetrics')) {
    const shared = attributesOf(objectOf(group['resource'])['attributes']);
    for (const scope of listOf(group['scopeMetrics'])) {
      for (const entry of listOf(objectOf(scope)['metrics'])) {
        const metric = objectOf(entry);
        const histogram = metric['histogram'] ?? metric['exponentialHistogram'];
        if (histogram === undefined) {
          others += listOf(objectOf(metric['sum'] ?? metric['gauge'])['dataPoints']).length;
          continue;
        }
        const { dataPoints, aggregationTemporality } = objectOf(histogram);
        for (const point of listOf(dataPoints))
          points.push(pointOf(textOf(metric['name']), temporalityOf(aggregationTemporality), objectOf(point), shared));
      }
    }
  }
  return { points, others };
}

/** The groups by resource: of a whole export, of an element of its list, or none. */
function groupsOf(payload: unknown, name: 'resourceSpans' | 'resourceMetrics'): Json[] {
  const whole = objectOf(payload);
  if (Array.isArray(whole[name])) return (whole[name] as unknown[]).map(objectOf);
  const inner = name === 'resourceSpans' ? 'scopeSpans' : 'scopeMetrics';
  return Array.isArray(whole[inner]) ? [whole] : [];
}

const traceId = /^[0-9a-f]{32}$/;
const spanId = /^[0-9a-f]{16}$/;

function spanOf(entry: Json, shared: Attributes): OtlpSpan | undefined {
  const id = textOf(entry['spanId']).toLowerCase();
  const trace = textOf(entry['traceId']).toLowerCase();
  const startMs = millisecondsOf(entry['startTimeUnixNano']);
  if (!spanId.test(id) || !traceId.test(trace) || startMs === undefined) return undefined;
  const parent = textOf(entry['parentSpanId']).toLowerCase();
  return {
    traceId: trace,
    spanId: id,
    parentSpanId: spanId.test(parent) && !/^0+$/.test(parent) ? parent : '',
    name: textOf(entry['name']),
    startMs,
    endMs: millisecondsOf(entry['endTimeUnixNano']) ?? startMs,
    statusCode: statusOf(objectOf(entry['status'])['code']),
    attributes: { ...shared, ...attributesOf(entry['attributes']) },
  };
}

function pointOf(metric: string, temporality: number, point: Json, shared: Attributes): OtlpHistogramPoint {
  return {
    metric,
    temporality,
    startMs: millisecondsOf(point['startTimeUnixNano']) ?? 0,
    endMs: millisecondsOf(point['timeUnixNano']) ?? 0,
    count: Number(point['count'] ?? 0),
    sum: Number(point['sum'] ?? 0),
    attributes: { ...shared, ...attributesOf(point['attributes']) },
  };
}

/** Enums come as numbers; some senders write their names. */
function statusOf(code: unknown): number {
  if (code === 'STATUS_CODE_ERROR') return 2;
  return typeof code === 'number' ? code : 0;
}

function temporalityOf(value: unknown): number {
  if (value === 'AGGREGATION_TEMPORALITY_DELTA') return 1;
  if (value === 'AGGREGATION_TEMPORALITY_CUMULATIVE') return 2;
  return typeof value === 'number' ? value : 0;
}

function attributesOf(list: unknown): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of listOf(list)) {
    const { key, value } = objectOf(entry);
    if (typeof key !== 'string' || key === '__proto__') continue;
    const text = attributeText(objectOf(value));
    if (text !== undefined) found[key] = text;
  }
  return found;
}

/** A scalar as text, a list as its scalars with commas between; maps and bytes say nothing about usage. */
function attributeText(value: Json): string | undefined {
  for (const name of ['stringValue', 'intValue', 'doubleValue', 'boolValue'])
    if (value[name] !== undefined && value[name] !== null) return textOf(value[name]);
  const list = objectOf(value['arrayValue'])['values'];
  if (!Array.isArray(list)) return undefined;
  return list.map((entry) => attributeText(objectOf(entry)) ?? '').join(',');
}

/** Nanoseconds come as decimal text, from older senders as a number. */
function millisecondsOf(nanoseconds: unknown): number | undefined {
  const text = textOf(nanoseconds);
  if (!/^\d{1,20}$/.test(text)) return undefined;
  const ms = Number(BigInt(text) / 1_000_000n);
  return ms > 0 ? ms : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
