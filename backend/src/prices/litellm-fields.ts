import type { Meter } from './meter.ts';
import type { PriceCondition } from './price-entry.ts';

/** What a field of LiteLLM's price map prices. */
export interface FieldMeaning {
  meter: Meter;
  when?: PriceCondition;
  /** The field's figure is for so many units. */
  per?: number;
  inCredits?: string;
}

/** Names without their suffixes; `search_context_cost_per_query` and nested fields are read apart. */
const names: Readonly<Record<string, FieldMeaning>> = {
  input_cost_per_token: { meter: 'input' },
  output_cost_per_token: { meter: 'output' },
  output_cost_per_reasoning_token: { meter: 'reasoning' },
  cache_read_input_token_cost: { meter: 'cached_input' },
  input_cost_per_token_cache_hit: { meter: 'cached_input' },
  cache_creation_input_token_cost: { meter: 'cache_write_5m' },
  cache_creation_input_token_cost_above_1hr: { meter: 'cache_write_1h' },
  cache_creation_input_audio_token_cost: { meter: 'cache_write_audio' },
  cache_read_input_audio_token_cost: { meter: 'cached_input_audio' },
  input_cost_per_audio_token: { meter: 'input_audio' },
  output_cost_per_audio_token: { meter: 'output_audio' },
  input_cost_per_image_token: { meter: 'input_image_token' },
  output_cost_per_image_token: { meter: 'output_image_token' },
  output_cost_per_video_token: { meter: 'output_video_token' },
  citation_cost_per_token: { meter: 'citation' },
  computer_use_input_cost_per_1k_tokens: { meter: 'computer_use_input', per: 1000 },
  computer_use_output_cost_per_1k_tokens: { meter: 'computer_use_output', per: 1000 },
  input_cost_per_character: { meter: 'input_character' },
  output_cost_per_character: { meter: 'output_character' },
  input_cost_per_second: { meter: 'input_second' },
  output_cost_per_second: { meter: 'output_second' },
  input_cost_per_audio_per_second: { meter: 'input_audio_second' },
  input_cost_per_video_per_second: { meter: 'input_video_second' },
  output_cost_per_video_per_second: { meter: 'output_video_second' },
  input_cost_per_image: { meter: 'input_image' },
  output_cost_per_image: { meter: 'output_image' },
  input_cost_per_pixel: { meter: 'input_pixel' },
  output_cost_per_pixel: { meter: 'output_pixel' },
  input_cost_per_request: { meter: 'request' },
  input_cost_per_query: { meter: 'query' },
  ocr_cost_per_page: { meter: 'page' },
  annotation_cost_per_page: { meter: 'annotated_page' },
  ocr_cost_per_credit: { meter: 'credit' },
  code_interpreter_cost_per_session: { meter: 'code_interpreter_session' },
  file_search_cost_per_1k_calls: { meter: 'file_search', per: 1000 },
  file_search_cost_per_gb_per_day: { meter: 'file_storage_gb_day' },
  vector_store_cost_per_gb_per_day: { meter: 'vector_storage_gb_day' },
  input_dbu_cost_per_token: { meter: 'input', inCredits: 'DBU' },
  output_dbu_cost_per_token: { meter: 'output', inCredits: 'DBU' },
};

const tiers = { batches: 'batch', flex: 'flex', priority: 'priority' } as const;

/**
 * What a field with its suffixes prices: `input_cost_per_token_above_200k_tokens_priority` is the input of prompts above
 * 200,000 tokens in the priority tier. Undefined for fields that are no price, or none that is known.
 */
export function meaningOf(field: string): FieldMeaning | undefined {
  const when: { -readonly [Key in keyof PriceCondition]: PriceCondition[Key] } = {};
  let name = field;
  const tier = /_(batches|flex|priority)$/.exec(name);
  if (tier && !names[name]) {
    when.tier = tiers[tier[1] as keyof typeof tiers];
    name = name.slice(0, tier.index);
  }
  const context = /_above_(\d+)k_tokens$/.exec(name);
  if (context) {
    when.promptAbove = Number(context[1]) * 1000;
    name = name.slice(0, context.index);
  }
  const interval = /_above_(\d+)s_interval$/.exec(name);
  if (interval) {
    when.intervalAbove = Number(interval[1]);
    name = name.slice(0, interval.index);
  }
  const resolution = /_(\d{3,4}p)$/.exec(name);
  if (resolution) {
    when.options = { resolution: resolution[1]! };
    name = name.slice(0, resolution.index);
  }
  const meaning = names[name];
  if (!meaning) return undefined;
  return { ...meaning, ...(Object.keys(when).length === 0 ? {} : { when }) };
}

const reasons: Readonly<Record<string, string>> = {
  litellm_provider: 'read as the provider of the price',
  mode: 'says what the model does; read to tell a generated image from one that is sent',
  source: 'kept in the note of the price',
  deprecation_date: 'kept in the note of the price: the end of a model, not of its price',
  comment: 'a remark for readers, kept in the note of the price',
  metadata: 'remarks for readers; figures in it repeat the price fields',
  max_tokens: 'a limit of the model',
  max_input_tokens: 'a limit of the model',
  max_output_tokens: 'a limit of the model',
  rpm: 'a rate limit',
  tpm: 'a rate limit',
  output_vector_size: 'a dimension of embeddings',
  prompt_cache_min_tokens: 'the shortest prompt that is cached: records count what was cached',
  supported_endpoints: 'what the model can do',
  supported_modalities: 'what the model can do',
  supported_output_modalities: 'what the model can do',
  supported_regions: 'where the model can be called; its price is the same',
  audio_transcription_config: 'a setting of the caller',
  bedrock_converse_supports_strict_tools: 'what the model can do',
  bedrock_output_config_effort_ceiling: 'a limit of the model',
  gemini_audio_only_live: 'what the model can do',
  gemini_native_audio: 'what the model can do',
  use_openai_responses_path: 'a setting of the caller',
  uses_embed_content: 'a setting of the caller',
  rules: 'rules for unknown names, which carry no price',
};

/** Why a field is not priced. Fields that nobody knew when this was written are said to be so. */
export function reasonNotPriced(field: string): { reason: string; known: boolean } {
  const reason = reasons[field] ?? (field.startsWith('supports_') ? 'what the model can do' : undefined);
  if (reason !== undefined) return { reason, known: true };
  const looksLikePrice = /cost|price|multiplier|uplift|fee|rate/.test(field);
  return {
    reason: looksLikePrice
      ? 'looks like a price, and this version of Amadeus does not know it: enter it by hand where you use it'
      : 'not known to this version of Amadeus',
    known: false,
  };
}
