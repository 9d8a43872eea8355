/**
 * What a price counts. A component of a price names one meter; the quantities of a call are broken down into the same
 * meters, so that each token is counted by exactly one of them.
 */
export const meters = {
  input: 'input',
  cached_input: 'cached input',
  cache_write_5m: 'cache write (5 min)',
  cache_write_1h: 'cache write (1 h)',
  output: 'output',
  reasoning: 'reasoning',
  input_audio: 'audio input',
  cached_input_audio: 'cached audio input',
  cache_write_audio: 'audio cache write',
  output_audio: 'audio output',
  input_image_token: 'image input tokens',
  cached_input_image_token: 'cached image input tokens',
  output_image_token: 'image output tokens',
  input_video_token: 'video input tokens',
  output_video_token: 'video output tokens',
  citation: 'citation tokens',
  computer_use_input: 'computer use input',
  computer_use_output: 'computer use output',
  input_character: 'input characters',
  output_character: 'output characters',
  input_second: 'input seconds',
  output_second: 'output seconds',
  input_audio_second: 'audio input seconds',
  input_video_second: 'video input seconds',
  output_video_second: 'video output seconds',
  input_image: 'input images',
  output_image: 'output images',
  input_pixel: 'input pixels',
  output_pixel: 'output pixels',
  output_megapixel: 'output megapixels',
  request: 'requests',
  query: 'queries',
  web_search: 'web searches',
  grounded_request: 'grounded requests',
  x_search: 'X searches',
  maps_search: 'map searches',
  enterprise_search: 'enterprise web searches',
  file_search: 'file searches',
  attachment_search: 'attachment searches',
  code_execution: 'code executions',
  code_interpreter_session: 'code interpreter sessions',
  page: 'pages',
  annotated_page: 'annotated pages',
  credit: 'credits',
  file_storage_gb_day: 'GB-days of files',
  vector_storage_gb_day: 'GB-days of vectors',
  training_token: 'training tokens',
  training_hour: 'training hours',
} as const;

export type Meter = keyof typeof meters;
export const meterNames = Object.keys(meters) as Meter[];

/** Meters that count tokens of the prompt; together they are its tokens. */
export const promptMeters = [
  'input',
  'cached_input',
  'cache_write_5m',
  'cache_write_1h',
  'input_audio',
  'cached_input_audio',
  'cache_write_audio',
  'input_image_token',
  'cached_input_image_token',
  'input_video_token',
] as const satisfies readonly Meter[];

/** Meters that count tokens of the answer; together they are its tokens. */
export const answerMeters = [
  'output',
  'reasoning',
  'output_audio',
  'output_image_token',
  'output_video_token',
] as const satisfies readonly Meter[];

const tokenMeters: ReadonlySet<Meter> = new Set<Meter>([...promptMeters, ...answerMeters]);

/** Whether regional and speed factors apply to the meter: they do to tokens, and not to tools. */
export function countsTokens(meter: Meter): boolean {
  return tokenMeters.has(meter);
}

/**
 * Which meter's price counts where the price list has none for a meter: the provider makes no difference then. A list
 * without cached reads bills them as input; reasoning is output; the longer cache write falls to the shorter.
 */
export const meterFallback: Readonly<Partial<Record<Meter, Meter>>> = {
  cached_input: 'input',
  cache_write_5m: 'input',
  cache_write_1h: 'cache_write_5m',
  reasoning: 'output',
  input_audio: 'input',
  cached_input_audio: 'cached_input',
  cache_write_audio: 'input_audio',
  output_audio: 'output',
  input_image_token: 'input',
  cached_input_image_token: 'cached_input',
  output_image_token: 'output',
  input_video_token: 'input',
  output_video_token: 'output',
  computer_use_input: 'input',
  computer_use_output: 'output',
  input_audio_second: 'input_second',
};
