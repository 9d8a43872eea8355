import Type, { type Static } from 'typebox';
import type { Connector, LlmRequest, Mapped, SourceContext, SourceSettings } from '../../anycost/index.ts';
import { countIn, instantIn, listIn, objectIn, textIn, type Json } from '../json-fields.ts';
import { providerCharge } from '../provider-charge.ts';
import { boundsOf, dueFiles, pagedLines, providerFile } from '../provider-pages.ts';
import { ownerOf, OwnersSetting } from '../source-settings.ts';
import { decimalText, mappedRequest } from '../usage-request.ts';

const SettingsSchema = Type.Object({
  apiKey: Type.Optional(
    Type.String({ description: 'Secret with an admin key that may read usage and costs; needed to fetch by itself' }),
  ),
  baseUrl: Type.Optional(Type.String({ description: 'Default https://api.openai.com', format: 'uri' })),
  firstDay: Type.Optional(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'First day that is fetched' })),
  costs: Type.Optional(Type.Boolean({ description: 'Fetch the costs as charges, too. Default true' })),
  organization: Type.Optional(Type.String({ maxLength: 100, description: 'Account on the charges; default openai' })),
  owners: OwnersSetting,
});
type Settings = Static<typeof SettingsSchema>;

/** Kinds of usage and the operation that each stands for. */
const operations: Readonly<Record<string, string>> = {
  completions: 'chat',
  embeddings: 'embeddings',
  images: 'image_generation',
  audio_speeches: 'speech',
  audio_transcriptions: 'transcription',
  moderations: 'moderation',
};

/** Usage of an OpenAI organisation by hour, model, project and key, and its costs by day. */
export const openaiUsageConnector: Connector = {
  kind: 'openai-usage',
  title: 'OpenAI usage and costs',
  endpoint: 'llm-metrics',
  settings: SettingsSchema,
  format: { json: { path: ['data'] } },
  map: ({ source }) => ({ map: ({ value }) => mapBucket(objectIn(value), source) }),
  discover: async ({ clock, source }, cursor) => {
    const { firstDay, costs = true } = source.settings as Settings;
    const usage = Object.keys(operations).map((kind) => `usage/${kind}`);
    return dueFiles(clock.now(), cursor, {
      firstDay: firstDay ?? clock.now().toISOString().slice(0, 10),
      usage,
      costs,
    });
  },
  pull: async (context, { name }) => pagedLines(context, callFor(context, name)),
  health: async (context) => {
    try {
      const today = context.clock.now().toISOString().slice(0, 10);
      await pagedLines(context, callFor(context, `usage/completions/${today}`)).next();
      return { ok: true, message: 'OpenAI answers and tells usage to the key.' };
    } catch (error) {
      const { message, help } = error as { message: string; help?: string };
      return { ok: false, message, ...(help === undefined ? {} : { help }) };
    }
  },
};

function callFor(context: SourceContext, name: string): Parameters<typeof pagedLines>[1] {
  const { apiKey = '', baseUrl = 'https://api.openai.com' } = context.source.settings as Settings;
  const { kind, span } = providerFile(name);
  const { from, to } = boundsOf(span);
  const isCosts = kind === 'costs';
  const url = new URL(`/v1/organization/${kind}`, baseUrl);
  url.searchParams.set('start_time', String(from.getTime() / 1000));
  url.searchParams.set('end_time', String(to.getTime() / 1000));
  url.searchParams.set('bucket_width', isCosts ? '1d' : '1h');
  url.searchParams.set('limit', isCosts ? '31' : '24');
  for (const group of groupsOf(kind)) url.searchParams.append('group_by', group);
  return { url, headers: { authorization: `Bearer ${context.secret(apiKey)}` }, provider: 'OpenAI' };
}

function groupsOf(kind: string): string[] {
  if (kind === 'costs') return ['line_item', 'project_id'];
  const common = ['model', 'project_id', 'api_key_id'];
  return kind === 'usage/completions' ? [...common, 'batch', 'service_tier'] : common;
}

/** A bucket of an answer: the results of one hour of usage, or of one day of costs. */
function mapBucket(bucket: Json, source: SourceSettings): Mapped[] {
  const from = instantIn(bucket['start_time']);
  const to = instantIn(bucket['end_time']);
  const results = bucket['results'] ?? bucket['result'];
  if (from === undefined || to === undefined || !Array.isArray(results))
    return [{ kind: 'quarantined', findings: [{ column: '', reason: 'The record is no bucket of usage or costs.' }] }];
  return listIn(results).map((entry) => {
    const result = objectIn(entry);
    const kind = /^organization\.(?:usage\.)?(\w+)\.result$/.exec(textIn(result['object']) ?? '')?.[1];
    if (kind === 'costs') return mapCosts(result, from, to, source);
    if (kind !== undefined && Object.hasOwn(operations, kind)) return mapUsage(kind, result, from, source);
    return { kind: 'quarantined', findings: [{ column: 'object', reason: 'This kind of usage is not known.' }] };
  });
}

function mapUsage(kind: string, result: Json, startedAt: string, source: SourceSettings): Mapped {
  const project = textIn(result['project_id']);
  const key = textIn(result['api_key_id']);
  const user = textIn(result['user_id']);
  const model = textIn(result['model']);
  if (model === undefined)
    return { kind: 'quarantined', findings: [{ column: 'model', reason: 'Ask for usage with group_by=model.' }] };
  const tier = result['batch'] === true ? 'batch' : textIn(result['service_tier']);
  const parts = [kind, startedAt, model, project, key, user, tier, result['size'], result['source']];
  const request: LlmRequest = {
    requestId: parts.map((part) => textIn(part) ?? '').join('/'),
    startedAt,
    provider: 'openai',
    model,
    operation: operations[kind]!,
    requests: countIn(result['num_model_requests']),
    ...amountsOf(kind, result),
    ...(tier === 'batch' || tier === 'flex' || tier === 'priority' ? { serviceTier: tier } : {}),
    ...ownerOf((source.settings as Settings).owners, [key, project, user]),
    ...(user === undefined ? {} : { user }),
    tags: Object.fromEntries(
      Object.entries({ project, api_key: key }).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
  };
  return mappedRequest(request);
}

/**
 * Quantities of a result. Input tokens hold the cached, written, audio and image ones; answers of before that were counted
 * text alone, which shows where a part is more than the whole.
 */
function amountsOf(kind: string, result: Json): Pick<LlmRequest, 'inputTokens' | 'outputTokens'> & Partial<LlmRequest> {
  const inputAudio = countIn(result['input_audio_tokens']);
  const outputAudio = countIn(result['output_audio_tokens']);
  const input = countIn(result['input_tokens']);
  const output = countIn(result['output_tokens']);
  const tokens = {
    inputTokens: inputAudio > input ? input + inputAudio : input,
    outputTokens: outputAudio > output ? output + outputAudio : output,
  };
  if (kind === 'images') return { ...tokens, outputImages: countIn(result['images']) };
  if (kind === 'audio_speeches') return { ...tokens, inputCharacters: countIn(result['characters']) };
  if (kind === 'audio_transcriptions') return { ...tokens, inputSeconds: countIn(result['seconds']) };
  return {
    ...tokens,
    cachedInputTokens: countIn(result['input_cached_tokens']),
    cacheWrite5mTokens: countIn(result['input_cache_write_tokens']),
    inputAudioTokens: inputAudio,
    outputAudioTokens: outputAudio,
  };
}

function mapCosts(result: Json, from: string, to: string, source: SourceSettings): Mapped {
  const { value, currency } = objectIn(result['amount']);
  const amount = decimalText(value);
  const code = textIn(currency);
  if (amount === undefined || code === undefined)
    return { kind: 'quarantined', findings: [{ column: 'amount', reason: 'The cost has no amount or no currency.' }] };
  const { owners, organization } = source.settings as Settings;
  const project = textIn(result['project_id']);
  const item = textIn(result['line_item']);
  const model = item?.includes(',') ? item.slice(0, item.indexOf(',')).trim() : undefined;
  return {
    kind: 'charge',
    charge: providerCharge({
      provider: 'OpenAI',
      account: organization ?? 'openai',
      amount,
      currency: code,
      from,
      to,
      description: item ?? 'Usage',
      ...(model === undefined ? {} : { model }),
      ...(project === undefined ? {} : { subAccount: project }),
      ...ownerOf(owners, [project]),
    }),
  };
}
