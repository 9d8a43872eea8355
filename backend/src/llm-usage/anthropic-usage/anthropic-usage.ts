import { Decimal } from 'decimal.js';
import Type, { type Static } from 'typebox';
import type { Connector, LlmRequest, Mapped, SourceContext, SourceSettings } from '../../anycost/index.ts';
import { countIn, instantIn, objectIn, textIn, type Json } from '../json-fields.ts';
import { providerCharge } from '../provider-charge.ts';
import { boundsOf, dueFiles, pagedLines, providerFile } from '../provider-pages.ts';
import { ownerOf, OwnersSetting } from '../source-settings.ts';
import { decimalText, mappedRequest } from '../usage-request.ts';

const SettingsSchema = Type.Object({
  apiKey: Type.Optional(Type.String({ description: 'Secret with an admin key; needed to fetch by itself' })),
  baseUrl: Type.Optional(Type.String({ description: 'Default https://api.anthropic.com', format: 'uri' })),
  firstDay: Type.Optional(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'First day that is fetched' })),
  costs: Type.Optional(Type.Boolean({ description: 'Fetch the cost report as charges, too. Default true' })),
  organization: Type.Optional(
    Type.String({ maxLength: 100, description: 'Account on the charges; default anthropic' }),
  ),
  owners: OwnersSetting,
});
type Settings = Static<typeof SettingsSchema>;

const usageGroups = ['model', 'workspace_id', 'api_key_id', 'service_tier', 'context_window'];
const costGroups = ['workspace_id', 'description'];

/** Usage of an Anthropic organisation by hour, model, workspace, key, tier and context window, and its costs by day. */
export const anthropicUsageConnector: Connector = {
  kind: 'anthropic-usage',
  title: 'Anthropic usage and costs',
  endpoint: 'llm-metrics',
  settings: SettingsSchema,
  format: { json: { path: ['data'] } },
  map: ({ source }) => ({ map: ({ value }) => mapBucket(objectIn(value), source) }),
  discover: async ({ clock, source }, cursor) => {
    const { firstDay, costs = true } = source.settings as Settings;
    return dueFiles(clock.now(), cursor, {
      firstDay: firstDay ?? clock.now().toISOString().slice(0, 10),
      usage: ['usage_report/messages'],
      costs,
    });
  },
  pull: async (context, { name }) => pagedLines(context, callFor(context, name)),
  health: async (context) => {
    try {
      const today = context.clock.now().toISOString().slice(0, 10);
      await pagedLines(context, callFor(context, `usage_report/messages/${today}`)).next();
      return { ok: true, message: 'Anthropic answers and tells usage to the key.' };
    } catch (error) {
      const { message, help } = error as { message: string; help?: string };
      return { ok: false, message, ...(help === undefined ? {} : { help }) };
    }
  },
};

function callFor(context: SourceContext, name: string): Parameters<typeof pagedLines>[1] {
  const { apiKey = '', baseUrl = 'https://api.anthropic.com' } = context.source.settings as Settings;
  const { kind, span } = providerFile(name);
  const { from, to } = boundsOf(span);
  const isCosts = kind === 'costs';
  const url = new URL(`/v1/organizations/${isCosts ? 'cost_report' : kind}`, baseUrl);
  url.searchParams.set('starting_at', from.toISOString());
  url.searchParams.set('ending_at', to.toISOString());
  url.searchParams.set('bucket_width', isCosts ? '1d' : '1h');
  url.searchParams.set('limit', isCosts ? '31' : '24');
  for (const group of isCosts ? costGroups : usageGroups) url.searchParams.append('group_by[]', group);
  const headers = { 'x-api-key': context.secret(apiKey), 'anthropic-version': '2023-06-01' };
  return { url, headers, provider: 'Anthropic' };
}

/** A bucket of an answer: the results of one hour of usage, or of one day of costs. */
function mapBucket(bucket: Json, source: SourceSettings): Mapped[] {
  const from = instantIn(bucket['starting_at']);
  const to = instantIn(bucket['ending_at']);
  if (from === undefined || to === undefined || !Array.isArray(bucket['results']))
    return [{ kind: 'quarantined', findings: [{ column: '', reason: 'The record is no bucket of usage or costs.' }] }];
  return (bucket['results'] as unknown[]).map((entry) => {
    const result = objectIn(entry);
    return 'amount' in result ? mapCosts(result, from, to, source) : mapUsage(result, from, source);
  });
}

function mapUsage(result: Json, startedAt: string, source: SourceSettings): Mapped {
  const model = textIn(result['model']);
  if (model === undefined)
    return { kind: 'quarantined', findings: [{ column: 'model', reason: 'Ask for usage with group_by[]=model.' }] };
  const workspace = textIn(result['workspace_id']);
  const key = textIn(result['api_key_id']);
  const tier = textIn(result['service_tier']);
  const window = textIn(result['context_window']);
  const speed = textIn(result['speed']);
  const geo = textIn(result['inference_geo']);
  const tokens = tokensOf(result);
  const request: LlmRequest = {
    requestId: [startedAt, model, workspace, key, tier, window, speed, geo].map((part) => part ?? '').join('/'),
    startedAt,
    provider: 'anthropic',
    model,
    operation: 'chat',
    requests: leastCalls(tokens.inputTokens, window),
    ...tokens,
    webSearches: countIn(objectIn(result['server_tool_use'])['web_search_requests']),
    ...tierOf(tier),
    ...ownerOf((source.settings as Settings).owners, [key, workspace]),
    tags: Object.fromEntries(
      Object.entries({ workspace, api_key: key, context_window: window, speed, inference_geo: geo }).filter(
        (pair): pair is [string, string] => pair[1] !== undefined,
      ),
    ),
  };
  return mappedRequest(request);
}

/** The report tells the parts of the prompt side by side; the prompt is all of them. */
function tokensOf(
  result: Json,
): Pick<LlmRequest, 'inputTokens' | 'outputTokens'> & Partial<LlmRequest> & { inputTokens: number } {
  const created = objectIn(result['cache_creation']);
  const fiveMinutes = countIn(created['ephemeral_5m_input_tokens']);
  const oneHour = countIn(created['ephemeral_1h_input_tokens']);
  const read = countIn(result['cache_read_input_tokens']);
  return {
    inputTokens: countIn(result['uncached_input_tokens']) + read + fiveMinutes + oneHour,
    cachedInputTokens: read,
    cacheWrite5mTokens: fiveMinutes,
    cacheWrite1hTokens: oneHour,
    outputTokens: countIn(result['output_tokens']),
  };
}

/**
 * The report does not count calls: the least number of calls that can have had so many tokens in prompts of this size, so
 * that a bucket of many short prompts is not priced as one long one.
 */
function leastCalls(inputTokens: number, window: string | undefined): number {
  const largestPrompt = window === '200k-1M' ? 1_000_000 : 200_000;
  return Math.max(1, Math.ceil(inputTokens / largestPrompt));
}

function tierOf(tier: string | undefined): Pick<LlmRequest, 'serviceTier'> {
  if (tier === 'batch') return { serviceTier: 'batch' };
  if (tier?.startsWith('priority')) return { serviceTier: 'priority' };
  return tier?.startsWith('flex') ? { serviceTier: 'flex' } : {};
}

/** Amounts are decimals of the smallest unit of the currency: cents. */
function mapCosts(result: Json, from: string, to: string, source: SourceSettings): Mapped {
  const cents = decimalText(result['amount']);
  const currency = textIn(result['currency']);
  if (cents === undefined || currency === undefined)
    return { kind: 'quarantined', findings: [{ column: 'amount', reason: 'The cost has no amount or no currency.' }] };
  const { owners, organization } = source.settings as Settings;
  const workspace = textIn(result['workspace_id']);
  const model = textIn(result['model']);
  return {
    kind: 'charge',
    charge: providerCharge({
      provider: 'Anthropic',
      account: organization ?? 'anthropic',
      amount: new Decimal(cents).div(100).toFixed(),
      currency,
      from,
      to,
      description: textIn(result['description']) ?? textIn(result['cost_type']) ?? 'Usage',
      ...(model === undefined ? {} : { model }),
      ...(workspace === undefined ? {} : { subAccount: workspace }),
      ...ownerOf(owners, [workspace]),
    }),
  };
}
