import type { Connector, Mapped } from '../../anycost/index.ts';
import { GenAiSettingsSchema, genAiSettings } from './genai-settings.ts';
import { metricUsage } from './genai-metrics.ts';
import { spanUsage } from './genai-span.ts';
import { histogramPointsOf, spansOf } from './otlp-payload.ts';

/**
 * Files of OpenTelemetry's collector (`file` exporter: an export per line). What applications send directly goes to
 * `/v1/traces` and `/v1/metrics` of this service.
 */
export const otelGenAiConnector: Connector = {
  kind: 'otel-genai',
  title: 'OpenTelemetry gen_ai spans and metrics',
  endpoint: 'llm-metrics',
  settings: GenAiSettingsSchema,
  format: 'auto',
  map: ({ source }) => {
    const settings = genAiSettings(source);
    return { map: ({ value }) => mapExport(value, settings) };
  },
};

function mapExport(value: unknown, settings: ReturnType<typeof genAiSettings>): Mapped[] {
  if (settings.count === 'metrics') {
    const { requests, rejected, reason } = metricUsage(histogramPointsOf(value).points, settings);
    const mapped: Mapped[] = requests.map((request) => ({ kind: 'llm-request', request }));
    return rejected === 0 ? mapped : [...mapped, { kind: 'quarantined', findings: [{ column: '', reason }] }];
  }
  const { spans, unreadable } = spansOf(value);
  const { requests, rejected } = spanUsage(spans, settings);
  const mapped: Mapped[] = requests.map((request) => ({ kind: 'llm-request', request }));
  for (const { findings } of rejected) mapped.push({ kind: 'quarantined', findings });
  if (unreadable > 0)
    mapped.push({
      kind: 'quarantined',
      findings: [{ column: 'spans', reason: `${unreadable} entries are no spans.` }],
    });
  return mapped;
}
