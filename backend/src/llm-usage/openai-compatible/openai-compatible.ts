import Type, { type Static } from 'typebox';
import type { Connector, LlmRequest, Mapped, RawRecord, SourceSettings } from '../../anycost/index.ts';
import { callTier, callTokens } from '../call-log.ts';
import { countIn, firstText, instantIn, objectIn, present, textIn, type Json } from '../json-fields.ts';
import { chargeSettings } from '../source-settings.ts';
import { decimalText, mappedRequest } from '../usage-request.ts';

const path = (what: string, example: string) =>
  Type.Optional(
    Type.String({ maxLength: 200, description: `Field of the ${what}, nested names joined by dots, e.g. ${example}` }),
  );

const SettingsSchema = Type.Object({
  provider: Type.Optional(
    Type.String({ maxLength: 100, description: 'Who answers the calls, e.g. groq, vllm; default openai-compatible' }),
  ),
  fields: Type.Optional(
    Type.Object(
      {
        time: path('instant at which the call began', 'request.started_at'),
        duration: path('duration in milliseconds', 'latency_ms'),
        firstToken: path('milliseconds to the first token', 'ttft_ms'),
        cost: path('cost that the log tells, in USD', 'cost'),
        team: path('team', 'metadata.team'),
        product: path('product', 'metadata.app'),
        customer: path('customer', 'metadata.customer'),
        feature: path('feature', 'metadata.feature'),
        environment: path('environment', 'metadata.env'),
        session: path('session', 'metadata.session'),
      },
      { additionalProperties: false },
    ),
  ),
  ...chargeSettings,
});
type Settings = Static<typeof SettingsSchema>;

const defaults = {
  time: ['created', 'created_at', 'timestamp', 'started_at', 'time'],
  duration: ['duration_ms', 'latency_ms', 'response_time_ms'],
  firstToken: ['ttft_ms', 'time_to_first_token_ms', 'first_token_ms'],
  cost: ['usage.cost', 'cost'],
  team: ['team', 'metadata.team'],
  product: ['product', 'metadata.product'],
  customer: ['customer', 'metadata.customer'],
  feature: ['feature', 'metadata.feature'],
  environment: ['environment', 'metadata.environment'],
  session: ['session', 'session_id', 'metadata.session_id'],
} as const;

/**
 * Answers or request logs of any API made after OpenAI's: chat completions, responses, embeddings, and the output files of
 * batches. One object a line, or a list of them.
 */
export const openaiCompatibleConnector: Connector = {
  kind: 'openai-compatible',
  title: 'OpenAI-compatible request logs',
  endpoint: 'llm-metrics',
  settings: SettingsSchema,
  format: 'auto',
  map: ({ source }) => ({ map: (record) => [mapCall(record, source)] }),
};

function mapCall({ value, fields }: RawRecord, source: SourceSettings): Mapped {
  const { settings } = source as { settings: Settings };
  const outer = objectIn(value);
  const batch = objectIn(objectIn(outer['response'])['body']);
  const isBatch = 'usage' in batch || textIn(outer['custom_id']) !== undefined;
  const answer = 'usage' in batch ? batch : 'usage' in outer ? outer : objectIn(outer['response']);
  const at = (name: keyof typeof defaults): string | undefined => {
    const set = settings.fields?.[name];
    return firstText(
      ...(set === undefined ? defaults[name] : [set]).flatMap((key) => [fields[key], textIn(answer[key])]),
    );
  };
  const status = statusOf(outer);
  if (!('usage' in answer) && status === 'ok')
    return { kind: 'quarantined', findings: [{ column: 'usage', reason: 'The record tells no usage.' }] };
  const startedAt = instantIn(at('time'));
  const cost = decimalText(at('cost'));
  const request: LlmRequest = {
    requestId: firstText(answer['id'], outer['id'], outer['request_id'], outer['custom_id']) ?? '',
    startedAt: startedAt ?? '',
    provider: settings.provider ?? firstText(outer['provider']) ?? 'openai-compatible',
    model: firstText(answer['model'], outer['model'], objectIn(outer['request'])['model']) ?? '',
    ...callTokens(objectIn(answer['usage'])),
    ...(isBatch ? { serviceTier: 'batch' as const } : callTier(answer['service_tier'])),
    ...present({ operation: operationOf(answer), user: firstText(answer['user'], outer['user']) }),
    ...present({
      team: at('team'),
      product: at('product'),
      customer: at('customer'),
      feature: at('feature'),
      environment: at('environment'),
      session: at('session'),
    }),
    ...millisecondsOf('durationMs', at('duration')),
    ...millisecondsOf('firstTokenMs', at('firstToken')),
    status,
    ...(cost === undefined ? {} : { reportedCost: cost, reportedCurrency: 'USD' }),
  };
  return mappedRequest(request);
}

function operationOf(answer: Json): string | undefined {
  const kind = textIn(answer['object']);
  if (kind === 'chat.completion' || kind === 'chat.completion.chunk' || kind === 'response') return 'chat';
  if (kind === 'text_completion') return 'text_completion';
  return kind === 'list' ? 'embeddings' : undefined;
}

function statusOf(record: Json): 'ok' | 'error' | 'timeout' {
  const response = objectIn(record['response']);
  const code = countIn(response['status_code'] ?? record['status_code'] ?? record['http_status']);
  if (code === 408 || code === 504) return 'timeout';
  if (code >= 400) return 'error';
  const status = textIn(record['status'])?.toLowerCase();
  if (status === 'timeout') return 'timeout';
  const isError = status === 'error' || status === 'failed' || status === 'failure';
  return isError || (record['error'] !== undefined && record['error'] !== null) ? 'error' : 'ok';
}

function millisecondsOf(name: 'durationMs' | 'firstTokenMs', text: string | undefined): Partial<LlmRequest> {
  const value = Number(text);
  return text !== undefined && Number.isFinite(value) && value >= 0 ? { [name]: value } : {};
}
