import Type, { type Static } from 'typebox';
import type { Connector, Mapped, SourceContext } from '../../anycost/index.ts';
import { PrometheusClient } from '../../workloads/index.ts';
import { countIn, instantIn, objectIn, textIn, type Json } from '../json-fields.ts';
import { chargeSettings } from '../source-settings.ts';
import { mappedRequest } from '../usage-request.ts';
import { counterIncrease, type CounterSample } from './counter-increase.ts';

const SettingsSchema = Type.Object({
  url: Type.Optional(Type.String({ description: 'Address of Prometheus; needed to fetch by itself', format: 'uri' })),
  bearerToken: Type.Optional(
    Type.String({ description: 'Secret with the token of Prometheus, where it asks for one' }),
  ),
  firstHour: Type.Optional(Type.String({ description: 'First hour that is fetched, ISO 8601; default a day ago' })),
  selector: Type.Optional(
    Type.String({ maxLength: 500, pattern: '^[^{}]*$', description: 'Labels to narrow by, e.g. namespace="serving"' }),
  ),
  instanceLabel: Type.Optional(
    Type.String({
      pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$',
      description: 'Label that names a replica; default pod, else instance',
    }),
  ),
  teamLabel: Type.Optional(
    Type.String({ pattern: '^[a-zA-Z_][a-zA-Z0-9_]*$', description: 'Label that names the team' }),
  ),
  provider: Type.Optional(Type.String({ maxLength: 100, description: 'Default vllm' })),
  environment: Type.Optional(Type.String({ maxLength: 100, description: 'dev, ci, staging or production' })),
  ...chargeSettings,
});
type Settings = Static<typeof SettingsSchema>;

const hourMs = 3_600_000;
/** Seconds between samples; a restart within a step loses what was not scraped in it. */
const stepSeconds = 60;
const maxSeries = 2_000;
const hoursOfTurn = 48;
/** Prometheus has scraped the end of an hour by then. */
const settleMs = 2 * 60_000;

const counters = {
  promptTokens: 'vllm:prompt_tokens_total',
  generationTokens: 'vllm:generation_tokens_total',
  requests: 'vllm:request_success_total',
  cachedTokens: 'vllm:prefix_cache_hits_total',
} as const;
type CounterName = keyof typeof counters;

/** Tokens and requests of vLLM by hour, model and replica, from its counters in Prometheus. */
export const vllmMetricsConnector: Connector = {
  kind: 'vllm-metrics',
  title: 'vLLM metrics',
  endpoint: 'llm-metrics',
  settings: SettingsSchema,
  format: 'ndjson',
  map: ({ source }) => ({ map: ({ value }) => mapHour(objectIn(value), source.settings) }),
  discover: async ({ clock, source }, cursor) => {
    const { firstHour } = source.settings as Settings;
    const end = Math.floor((clock.now().getTime() - settleMs) / hourMs) * hourMs;
    const first = cursor ?? firstHour ?? new Date(end - 24 * hourMs).toISOString();
    let hour = Math.floor(Date.parse(first) / hourMs) * hourMs;
    const files = [];
    for (; hour + hourMs <= end && files.length < hoursOfTurn; hour += hourMs)
      files.push({ name: new Date(hour).toISOString(), version: '1' });
    return { files, cursor: new Date(hour).toISOString() };
  },
  pull: async (context, { name }) => hourLines(context, new Date(name)),
  health: async (context) => {
    try {
      const found = await clientOf(context).number(`count(${selected('promptTokens', context)})`, context.clock.now());
      if (found !== undefined) return { ok: true, message: `Prometheus has counters of ${found} replicas of vLLM.` };
      const help = 'Check the selector, and that Prometheus scrapes /metrics of vLLM.';
      return { ok: false, message: `Prometheus answers, but has no ${counters.promptTokens}.`, help };
    } catch (error) {
      const { message, help } = error as { message: string; help?: string };
      return { ok: false, message, ...(help === undefined ? {} : { help }) };
    }
  },
};

function clientOf({ outgoing, source, secret }: SourceContext): PrometheusClient {
  const { url = '', bearerToken } = source.settings as Settings;
  return new PrometheusClient(outgoing, {
    url,
    ...(bearerToken === undefined ? {} : { bearerToken: secret(bearerToken) }),
    timeoutMs: 60_000,
  });
}

function selected(name: CounterName, { source }: Pick<SourceContext, 'source'>): string {
  const { selector = '' } = source.settings as Settings;
  return `{__name__="${counters[name]}"${selector === '' ? '' : `,${selector}`}}`;
}

/** One line for each model and replica that worked in the hour. */
async function* hourLines(context: SourceContext, start: Date): AsyncGenerator<Uint8Array> {
  const from = start.getTime() / 1000;
  const to = from + hourMs / 1000;
  const client = clientOf(context);
  const found = new Map<string, Record<string, string | number>>();
  for (const name of Object.keys(counters) as CounterName[]) {
    // An hour more, so that the last value before the hour is known also where scrapes failed for a while.
    const { series } = await client.range({
      query: selected(name, context),
      start: new Date(start.getTime() - hourMs),
      end: new Date(to * 1000),
      stepSeconds,
      maxSeries,
      signal: context.signal,
    });
    for (const { metric, values } of series) addIncrease(found, name, metric, values, { from, to }, context);
  }
  for (const line of found.values()) yield Buffer.from(`${JSON.stringify(line)}\n`);
}

function addIncrease(
  found: Map<string, Record<string, string | number>>,
  name: CounterName,
  metric: Readonly<Record<string, string>>,
  values: readonly CounterSample[],
  { from, to }: { from: number; to: number },
  { source }: SourceContext,
): void {
  const increase = counterIncrease(values, from, to);
  if (increase === 0) return;
  const { instanceLabel, teamLabel } = source.settings as Settings;
  const replica = (instanceLabel ? metric[instanceLabel] : (metric['pod'] ?? metric['instance'])) ?? '';
  const model = metric['model_name'] ?? '';
  const team = teamLabel === undefined ? '' : (metric[teamLabel] ?? '');
  const key = JSON.stringify([model, replica, team]);
  const line = found.get(key) ?? { hour: new Date(from * 1000).toISOString(), model, replica, team };
  const aborted = name === 'requests' && metric['finished_reason'] === 'abort';
  const field = aborted ? 'abortedRequests' : name;
  line[field] = Number(line[field] ?? 0) + increase;
  found.set(key, line);
}

function mapHour(line: Json, { provider = 'vllm', environment }: Settings): Mapped[] {
  const startedAt = instantIn(line['hour']) ?? '';
  const model = textIn(line['model']) ?? '';
  const replica = textIn(line['replica']) ?? '';
  const team = textIn(line['team']);
  const inputTokens = countIn(line['promptTokens']);
  const shared = {
    startedAt,
    provider,
    model,
    ...(team === undefined ? {} : { team }),
    ...(environment === undefined ? {} : { environment }),
    tags: { replica },
  };
  const id = ['vllm', startedAt, model, replica, team ?? ''].join('/');
  const done = mappedRequest({
    ...shared,
    requestId: id,
    requests: countIn(line['requests']),
    inputTokens,
    // Hits are counted when a prompt is scheduled, its tokens when it is computed, which may be in the hour after.
    cachedInputTokens: Math.min(countIn(line['cachedTokens']), inputTokens),
    outputTokens: countIn(line['generationTokens']),
  });
  const aborted = countIn(line['abortedRequests']);
  if (aborted === 0) return [done];
  const cancelled = { requestId: `${id}/abort`, requests: aborted, inputTokens: 0, outputTokens: 0 };
  return [done, mappedRequest({ ...shared, ...cancelled, status: 'cancelled' as const })];
}
