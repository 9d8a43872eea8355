import type { Meter } from './meter.ts';
import type { PriceCondition } from './price-entry.ts';

export interface PortkeyMeaning {
  meter: Meter;
  when?: PriceCondition;
}

/** Rates of `pay_as_you_go` and `batch_config`, and the units beside them. */
const rates: Readonly<Record<string, Meter>> = {
  request_token: 'input',
  request_text_token: 'input',
  embedding_text_token: 'input',
  response_token: 'output',
  response_text_token: 'output',
  cache_read_input_token: 'cached_input',
  cache_read_token: 'cached_input',
  cache_read_text_input_token: 'cached_input',
  cached_text_input_token: 'cached_input',
  cache_write_input_token: 'cache_write_5m',
  cache_write_token: 'cache_write_5m',
  cache_write_1h: 'cache_write_1h',
  reasoning_token: 'reasoning',
  thinking_token: 'reasoning',
  request_audio_token: 'input_audio',
  response_audio_token: 'output_audio',
  cache_read_audio_input_token: 'cached_input_audio',
  request_image_token: 'input_image_token',
  embedding_image_token: 'input_image_token',
  cache_read_image_input_token: 'cached_input_image_token',
  cached_image_input_token: 'cached_input_image_token',
  response_image_token: 'output_image_token',
  image_token: 'output_image_token',
  output_video_token: 'output_video_token',
  image_1k: 'output_image',
  generated_images: 'output_image',
  input_image: 'input_image',
  megapixels: 'output_megapixel',
  video_seconds: 'output_video_second',
  web_search: 'web_search',
  search: 'grounded_request',
  enterprise_web_search: 'enterprise_search',
  maps: 'maps_search',
  file_search: 'file_search',
  attachment_search: 'attachment_search',
  x_search: 'x_search',
  code_execution: 'code_execution',
  'finetune_config.pay_per_token': 'training_token',
  'finetune_config.pay_per_hour': 'training_hour',
  'fixed_cost.request': 'request',
};

/** Google's video embeddings by how often a frame is looked at: Essential from 15 s, Standard from 8 s, else Plus. */
const videoEmbeddings: Readonly<Record<string, PortkeyMeaning>> = {
  input_video_plus: { meter: 'input_video_second' },
  input_video_standard: { meter: 'input_video_second', when: { intervalAbove: 7 } },
  input_video_essential: { meter: 'input_video_second', when: { intervalAbove: 14 } },
};

/** What a rate of Portkey's files prices; undefined for what is none, or none that is known. */
export function portkeyMeaning(rate: string): PortkeyMeaning | undefined {
  const video = /^video_duration_seconds_(\d+)_(\d+)$/.exec(rate);
  if (video) {
    return { meter: 'output_video_second', when: { options: { resolution: `${video[1]}x${video[2]}` } } };
  }
  const search = /^web_search_(low|medium|high)_context$/.exec(rate);
  if (search) return { meter: 'web_search', when: { options: { searchContext: search[1]! } } };
  const meter = rates[rate];
  return meter === undefined ? videoEmbeddings[rate] : { meter };
}

const reasons: Readonly<Record<string, string>> = {
  routing_units:
    'a surcharge where the call came through the provider’s model router, which has an entry of its own; records do not tell it',
  default_duration_seconds: 'a default of the call, not a price',
  default_sample_count: 'a default of the call, not a price',
  default_steps: 'a default of the call, not a price',
  'fixed_cost.response': 'no provider charges answers by the piece; a figure above 0 is reported as a remark',
};

export function portkeyReason(rate: string): { reason: string; known: boolean } {
  const reason = reasons[rate];
  if (reason !== undefined) return { reason, known: true };
  return { reason: 'not known to this version of Amadeus: enter it by hand where you use it', known: false };
}

/** Pairs of quantity and rate that formulas multiply, as the meters of Amadeus count them. */
export const formulaPairs: Readonly<Record<string, string>> = {
  'input_tokens × rates.request_token': 'input',
  'output_tokens × rates.response_token': 'output',
  'cache_write_tokens × rates.cache_write_input_token': 'cache write',
  'cache_write_tokens × rates.cache_write_token': 'cache write',
  'cache_read_tokens × rates.cache_read_input_token': 'cached input',
  'cache_read_tokens × rates.cache_read_token': 'cached input',
  'audio_input_tokens × rates.request_audio_token': 'audio input',
  'request_audio_tokens × rates.request_audio_token': 'audio input',
  'audio_output_tokens × rates.response_audio_token': 'audio output',
  'response_audio_tokens × rates.response_audio_token': 'audio output',
  'cache_read_audio_tokens × rates.cache_read_audio_input_token': 'cached audio input',
  '1 × rates.image': 'output images',
  '0 × input_tokens': 'nothing',
  '0 × output_tokens': 'nothing',
};
