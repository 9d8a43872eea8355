import { Exact } from './exact.ts';
import { answerMeters, countsTokens, promptMeters, type Meter } from './meter.ts';
import type { LlmUsage } from './prices.ts';
import { added, isNothing, quantityOf, type Quantity } from './quantity.ts';

/** How much of each meter a call used; a meter that is not there was not told. */
export type Quantities = ReadonlyMap<Meter, Quantity>;

/**
 * Breaks a call down into meters so that nothing is counted twice: the prompt's meters add up to `inputTokens`, the answer's
 * to `outputTokens`. Where audio is read from the cache and the record does not say how much, it is as little as the counts
 * allow. `priced` are the meters of the price. Counts that contradict each other give a reason.
 */
export function quantitiesOf(usage: LlmUsage, priced: ReadonlySet<string>): Quantities | { contradiction: string } {
  const quantities = toldQuantities(usage);
  const tokens = tokensOf(quantities);
  if (tokens === undefined) return { contradiction: 'tokens are whole numbers' };
  const reason = splitPrompt(usage, tokens, quantities) ?? splitAnswer(usage, tokens, quantities);
  if (reason !== undefined) return { contradiction: reason };
  moveSoleMeters(quantities, priced);
  countMedia(quantities, priced, usage);
  countCalls(quantities, priced, usage);
  return quantities;
}

const fields = [
  ['cached_input', 'cachedInputTokens'],
  ['cache_write_5m', 'cacheWrite5mTokens'],
  ['cache_write_1h', 'cacheWrite1hTokens'],
  ['reasoning', 'reasoningTokens'],
  ['input_audio', 'inputAudioTokens'],
  ['output_audio', 'outputAudioTokens'],
  ['input_image', 'inputImages'],
  ['output_image', 'outputImages'],
  ['input_character', 'inputCharacters'],
  ['input_second', 'inputSeconds'],
  ['output_second', 'outputSeconds'],
  ['web_search', 'webSearches'],
] as const satisfies readonly (readonly [Meter, keyof LlmUsage])[];

/** Quantities that are told outright: the request's own fields, and `quantities` on top. */
function toldQuantities(usage: LlmUsage): Map<Meter, Quantity> {
  const told = new Map<Meter, Quantity>();
  for (const [meter, field] of fields) {
    const quantity = usage[field];
    if (quantity !== undefined) told.set(meter, quantityOf(quantity));
  }
  if (usage.quantities === undefined) return told;
  for (const [meter, quantity] of Object.entries(usage.quantities) as [Meter, string | number][])
    told.set(meter, added(told.get(meter) ?? 0, quantityOf(quantity)));
  return told;
}

/** The told count of tokens of a meter, 0 where none is told; undefined where a count is not whole. */
function tokensOf(told: ReadonlyMap<Meter, Quantity>): ((meter: Meter) => number) | undefined {
  for (const [meter, quantity] of told) if (typeof quantity !== 'number' && countsTokens(meter)) return undefined;
  return (meter) => (told.get(meter) ?? 0) as number;
}

/** Sets the prompt's meters. Returns why its counts contradict each other, if they do. */
function splitPrompt(
  usage: LlmUsage,
  of: (meter: Meter) => number,
  quantities: Map<Meter, Quantity>,
): string | undefined {
  const whole = usage.inputTokens + of('input');
  const fromCache = of('cached_input');
  const textWritten = of('cache_write_5m') + of('cache_write_1h');
  const written = textWritten + of('cache_write_audio');
  const audio = of('input_audio');
  const images = of('input_image_token') + of('input_video_token');
  const least = Math.max(0, fromCache + textWritten + audio + images - whole);
  const cachedImages = of('cached_input_image_token');
  const cachedAudio = quantities.has('cached_input_audio')
    ? of('cached_input_audio')
    : Math.max(0, least - cachedImages);
  const cachedText = fromCache - cachedAudio - cachedImages;
  const freshAudio = audio - cachedAudio - of('cache_write_audio');
  const freshImages = of('input_image_token') - cachedImages;
  const text = whole - fromCache - written - freshAudio - freshImages - of('input_video_token');
  if (text < 0 || cachedText < 0 || freshAudio < 0 || freshImages < 0) {
    return `the parts of the prompt (cached ${fromCache}, cache writes ${written}, audio ${audio}, images and video ${images}) do not fit into its ${whole} tokens; the source must count cached tokens and cache writes as part of inputTokens`;
  }
  quantities.set('input', text);
  quantities.set('cached_input', cachedText);
  quantities.set('input_audio', freshAudio);
  quantities.set('cached_input_audio', cachedAudio);
  quantities.set('input_image_token', freshImages);
  return undefined;
}

/** Sets the answer's text. Returns why its counts contradict each other, if they do. */
function splitAnswer(
  usage: LlmUsage,
  of: (meter: Meter) => number,
  quantities: Map<Meter, Quantity>,
): string | undefined {
  const whole = usage.outputTokens + of('output');
  let text = whole;
  for (const meter of answerMeters) if (meter !== 'output') text -= of(meter);
  if (text < 0) {
    return `reasoning, audio, image and video tokens (${whole - text}) are more than the ${whole} tokens of the answer; the source must count them as part of outputTokens`;
  }
  quantities.set('output', text);
  return undefined;
}

/** Where a list prices one kind of token only (images of an image model), text tokens without a price are of that kind. */
function moveSoleMeters(quantities: Map<Meter, Quantity>, priced: ReadonlySet<string>): void {
  for (const side of [
    { text: 'input' as Meter, all: promptMeters as readonly Meter[] },
    { text: 'output' as Meter, all: answerMeters as readonly Meter[] },
  ]) {
    if (priced.has(side.text)) continue;
    const sole = side.all.filter((meter) => priced.has(meter) && !meter.startsWith('cache'));
    if (sole.length !== 1) continue;
    const meter = sole[0]!;
    quantities.set(meter, added(quantities.get(meter) ?? 0, quantities.get(side.text) ?? 0));
    quantities.delete(side.text);
  }
}

/** Seconds, characters, images and pixels: each is billed in the one way that the list prices it. */
function countMedia(quantities: Map<Meter, Quantity>, priced: ReadonlySet<string>, usage: LlmUsage): void {
  const move = (from: Meter, to: Meter) => {
    const quantity = quantities.get(from);
    if (quantity === undefined || priced.has(from) || !priced.has(to)) return;
    quantities.set(to, added(quantities.get(to) ?? 0, quantity));
    quantities.delete(from);
  };
  move('input_second', 'input_audio_second');
  move('output_second', 'output_video_second');
  countPixels(quantities, priced, usage.options?.size);
  // Characters stand for the text, and an image stands for its tokens: whoever is told both is charged once.
  if (stated(quantities, 'input_character') && priced.has('input_character')) quantities.delete('input');
  if (stated(quantities, 'output_character') && priced.has('output_character')) quantities.delete('output');
  for (const side of ['input', 'output'] as const) {
    const tokens: Meter = `${side}_image_token`;
    if (stated(quantities, tokens) && priced.has(tokens)) quantities.delete(`${side}_image`);
  }
}

function countPixels(quantities: Map<Meter, Quantity>, priced: ReadonlySet<string>, size: string | undefined): void {
  const match = /^(\d+)\s*-?x-?\s*(\d+)$/i.exec(size ?? '');
  const images = quantities.get('output_image');
  if (!match || images === undefined) return;
  const pixels = new Exact(images).times(match[1]!).times(match[2]!);
  for (const meter of ['input_pixel', 'output_pixel'] as const) {
    if (priced.has(meter) && !quantities.has(meter)) quantities.set(meter, pixels);
  }
  if (priced.has('output_megapixel') && !quantities.has('output_megapixel')) {
    quantities.set('output_megapixel', pixels.div(1_000_000));
  }
  const byPixel = (['input_pixel', 'output_pixel', 'output_megapixel'] as const).some((meter) => priced.has(meter));
  if (byPixel && !priced.has('output_image')) quantities.delete('output_image');
}

/** What is counted by the call: a fee per request, a rerank query, and searches that are charged once per grounded prompt. */
function countCalls(quantities: Map<Meter, Quantity>, priced: ReadonlySet<string>, usage: LlmUsage): void {
  const calls = usage.requests ?? 1;
  if (priced.has('request') && !quantities.has('request')) quantities.set('request', calls);
  if (priced.has('query') && !quantities.has('query')) quantities.set('query', calls);
  const searches = quantities.get('web_search');
  if (searches && priced.has('grounded_request') && !priced.has('web_search')) {
    quantities.delete('web_search');
    if (!quantities.has('grounded_request'))
      quantities.set('grounded_request', quantityOf(Math.min(Number(searches), calls)));
  }
}

function stated(quantities: ReadonlyMap<Meter, Quantity>, meter: Meter): boolean {
  return !isNothing(quantities.get(meter) ?? 0);
}
