import { createHash } from 'node:crypto';
import { requestFindings } from '../usage-request.ts';
import type { LlmRequest } from '../../anycost/index.ts';
import { genAiDimensions, type GenAiSettings } from './genai-settings.ts';
import type { OtlpHistogramPoint } from './otlp-payload.ts';

export interface MetricUsage {
  requests: LlmRequest[];
  /** Points that tell of usage and cannot be used. */
  rejected: number;
  /** Why, in one sentence; empty where nothing was rejected. */
  reason: string;
}

const tokenMetric = 'gen_ai.client.token.usage';

/**
 * Usage from the histogram `gen_ai.client.token.usage`: the points of one interval and one set of attributes are one record,
 * its input and output side by side. Only delta points say what was used since the point before.
 */
export function metricUsage(points: readonly OtlpHistogramPoint[], settings: GenAiSettings): MetricUsage {
  const records = new Map<string, LlmRequest>();
  let rejected = 0;
  let cumulative = 0;
  for (const point of points) {
    if (point.metric !== tokenMetric) continue;
    if (point.temporality !== 1) cumulative += 1;
    else if (!add(records, point, settings)) rejected += 1;
  }
  const requests = [...records.values()];
  const usable = requests.filter((request) => requestFindings(request).length === 0);
  return {
    requests: usable,
    rejected: rejected + cumulative + (requests.length - usable.length),
    reason:
      cumulative > 0
        ? `Cumulative points of ${tokenMetric} are not counted: set OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta.`
        : rejected > 0 || usable.length < requests.length
          ? `Points of ${tokenMetric} need gen_ai.token.type input or output, a model and whole numbers of tokens.`
          : '',
  };
}

function add(records: Map<string, LlmRequest>, point: OtlpHistogramPoint, settings: GenAiSettings): boolean {
  const { attributes, startMs, endMs, count, sum } = point;
  const kind = attributes['gen_ai.token.type'];
  if ((kind !== 'input' && kind !== 'output') || !Number.isFinite(sum)) return false;
  const { 'gen_ai.token.type': _, ...shared } = attributes;
  const id = createHash('sha256')
    .update(JSON.stringify([startMs, endMs, Object.entries(shared).sort(([a], [b]) => (a < b ? -1 : 1))]))
    .digest('hex');
  const known = records.get(id) ?? empty(id, shared, startMs, settings);
  records.set(id, {
    ...known,
    requests: Math.max(known.requests ?? 0, count),
    ...(kind === 'input'
      ? { inputTokens: known.inputTokens + Math.round(sum) }
      : { outputTokens: known.outputTokens + Math.round(sum) }),
  });
  return true;
}

function empty(
  id: string,
  attributes: Readonly<Record<string, string>>,
  startMs: number,
  settings: GenAiSettings,
): LlmRequest {
  const named = genAiDimensions.map((name): [string, string | undefined] => [
    name,
    settings.attributes[name].map((attribute) => attributes[attribute]).find((value) => value !== undefined),
  ]);
  return {
    requestId: `metric/${id}`,
    startedAt: new Date(startMs).toISOString(),
    provider: (attributes['gen_ai.provider.name'] ?? attributes['gen_ai.system'] ?? 'unknown').toLowerCase(),
    model: attributes['gen_ai.response.model'] ?? attributes['gen_ai.request.model'] ?? '',
    ...(attributes['gen_ai.operation.name'] === undefined ? {} : { operation: attributes['gen_ai.operation.name'] }),
    requests: 0,
    inputTokens: 0,
    outputTokens: 0,
    ...(Object.fromEntries(named.filter(([, value]) => value !== undefined)) as Record<string, string>),
  };
}
