import Type from 'typebox';
import type { Connector, LlmRequest, Mapped } from '../../anycost/index.ts';
import { callTier, callTokens } from '../call-log.ts';
import { firstCount, firstText, instantIn, listIn, objectIn, present, textIn, type Json } from '../json-fields.ts';
import { chargeSettings } from '../source-settings.ts';
import { decimalText, mappedRequest } from '../usage-request.ts';

const SettingsSchema = Type.Object({ ...chargeSettings });

/** What the proxy of LiteLLM logs of each call: StandardLoggingPayload of its callbacks, or rows of its SpendLogs. */
export const litellmLogsConnector: Connector = {
  kind: 'litellm-logs',
  title: 'LiteLLM logs',
  endpoint: 'llm-metrics',
  settings: SettingsSchema,
  format: 'auto',
  map: () => ({ map: ({ value }) => [mapLog(objectIn(value))] }),
};

const operations: Readonly<Record<string, string>> = {
  completion: 'chat',
  acompletion: 'chat',
  responses: 'chat',
  aresponses: 'chat',
  anthropic_messages: 'chat',
  embedding: 'embeddings',
  aembedding: 'embeddings',
  text_completion: 'text_completion',
  atext_completion: 'text_completion',
  image_generation: 'image_generation',
  aimage_generation: 'image_generation',
  transcription: 'transcription',
  atranscription: 'transcription',
  speech: 'speech',
  aspeech: 'speech',
};

function mapLog(outer: Json): Mapped {
  // Some callbacks write the payload under the name that it has in the proxy.
  const log = 'standard_logging_object' in outer ? objectIn(outer['standard_logging_object']) : outer;
  const metadata = nested(log['metadata']);
  const own = { ...nested(metadata['requester_metadata']), ...nested(metadata['spend_logs_metadata']) };
  const startedAt = instantIn(log['startTime']) ?? '';
  const isCacheHit = textIn(log['cache_hit'])?.toLowerCase() === 'true' || log['cache_hit'] === true;
  const cost = decimalText(log['response_cost'] ?? log['spend']);
  const named = modelOf(log);
  const request: LlmRequest = {
    requestId: firstText(log['id'], log['request_id']) ?? '',
    startedAt,
    ...named,
    ...present({ operation: operations[textIn(log['call_type']) ?? ''] }),
    ...usedTokens(log, metadata, isCacheHit),
    ...callTier(firstText(objectIn(log['model_parameters'])['service_tier'], own['service_tier'])),
    status: textIn(log['status']) === 'failure' ? failureOf(metadata) : 'ok',
    ...durations(log, startedAt),
    ...present({
      team: firstText(
        own['team'],
        metadata['user_api_key_team_alias'],
        log['team_id'],
        metadata['user_api_key_team_id'],
      ),
      product: firstText(own['product'], metadata['user_api_key_alias']),
      customer: firstText(own['customer'], log['end_user'], metadata['user_api_key_end_user_id']),
      feature: firstText(own['feature']),
      environment: firstText(own['environment'], own['env']),
      session: firstText(log['session_id'], own['session_id'], log['trace_id']),
      user: firstText(metadata['user_api_key_user_id'], log['user']),
      traceId: firstText(log['trace_id']),
    }),
    tags: tagsOf(log, isCacheHit),
    ...(cost === undefined ? {} : { reportedCost: cost, reportedCurrency: 'USD' }),
  };
  return mappedRequest(request);
}

/** `anthropic/claude-sonnet-4` names the provider before the model. */
function modelOf(log: Json): Pick<LlmRequest, 'provider' | 'model'> {
  const model = textIn(log['model']) ?? '';
  const told = textIn(log['custom_llm_provider'])?.toLowerCase();
  const slash = model.indexOf('/');
  const before = slash < 0 ? undefined : model.slice(0, slash).toLowerCase();
  const provider = told ?? before ?? 'unknown';
  return { provider, model: before === provider ? model.slice(slash + 1) : model };
}

/** An answer from the proxy's own cache cost the provider nothing: it is a call without tokens. */
function usedTokens(
  log: Json,
  metadata: Json,
  isCacheHit: boolean,
): Pick<LlmRequest, 'inputTokens' | 'outputTokens'> & Partial<LlmRequest> {
  if (isCacheHit) return { inputTokens: 0, outputTokens: 0 };
  const usage = nested(metadata['usage_object'] ?? nested(log['response'])['usage']);
  return callTokens({
    ...usage,
    prompt_tokens: firstCount(log['prompt_tokens'], usage['prompt_tokens']),
    completion_tokens: firstCount(log['completion_tokens'], usage['completion_tokens']),
  });
}

function durations(log: Json, startedAt: string): Partial<LlmRequest> {
  const start = Date.parse(startedAt);
  const since = (value: unknown): number => Date.parse(instantIn(value) ?? '') - start;
  const duration = since(log['endTime']);
  const first = since(log['completionStartTime']);
  return {
    ...(duration >= 0 ? { durationMs: duration } : {}),
    // Without a stream the first token is told to come with the last.
    ...(first >= 0 && first < duration ? { firstTokenMs: first } : {}),
  };
}

function failureOf(metadata: Json): 'error' | 'timeout' {
  const kind = textIn(nested(metadata['error_information'])['error_class']) ?? '';
  return /timeout/i.test(kind) ? 'timeout' : 'error';
}

function tagsOf(log: Json, isCacheHit: boolean): Record<string, string> {
  const tags = typeof log['request_tags'] === 'string' ? parsed(log['request_tags']) : log['request_tags'];
  const found: Record<string, string> = {};
  for (const entry of listIn(tags).slice(0, 50)) {
    const tag = textIn(entry)?.slice(0, 200);
    const colon = tag?.indexOf(':') ?? -1;
    if (tag === undefined || tag === '__proto__') continue;
    if (colon > 0) found[tag.slice(0, colon)] = tag.slice(colon + 1);
    else found[tag] = 'true';
  }
  const group = textIn(log['model_group']);
  return {
    ...found,
    ...(group === undefined ? {} : { model_group: group }),
    ...(isCacheHit ? { proxy_cache: 'hit' } : {}),
  };
}

/** An object, also where it was written as a text of JSON, as the table of SpendLogs has it. */
function nested(value: unknown): Json {
  return objectIn(typeof value === 'string' ? parsed(value) : value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
