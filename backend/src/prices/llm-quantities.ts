import { Exact } from './exact.ts';
import { answerMeters, promptMeters, type Meter } from './meter.ts';
import type { PriceComponent } from './price-entry.ts';
import type { LlmUsage } from './prices.ts';

/** How much of each meter a call used; a meter that is not there was not told. */
export type Quantities = ReadonlyMap<Meter, Exact>;

/**
 * Breaks a call down into meters so that nothing is counted twice: the prompt's meters add up to `inputTokens`, the answer's
 * to `outputTokens`. Where audio is read from the cache and the record does not say how much, it is as little as the counts
 * allow. Counts that contradict each other give a reason.
 */
export function quantitiesOf(
  usage: LlmUsage,
  components: readonly PriceComponent[],
): Quantities | { contradiction: string } {
  const priced = new Set(components.map((component) => component.meter));
  const told = toldQuantities(usage);
  const prompt = promptParts(usage, told);
  if ('contradiction' in prompt) return prompt;
  const answer = answerParts(usage, told);
  if ('contradiction' in answer) return answer;
  const quantities = new Map<Meter, Exact>([...told, ...prompt.parts, ...answer.parts]);
  moveSoleMeters(quantities, priced);
  countMedia(quantities, priced, usage);
  countCalls(quantities, priced, usage);
  return quantities;
}

/** Quantities that are told outright: the request's own fields, and `quantities` on top. */
function toldQuantities(usage: LlmUsage): Map<Meter, Exact> {
  const fields: Partial<Record<Meter, number | undefined>> = {
    cached_input: usage.cachedInputTokens,
    cache_write_5m: usage.cacheWrite5mTokens,
    cache_write_1h: usage.cacheWrite1hTokens,
    reasoning: usage.reasoningTokens,
    input_audio: usage.inputAudioTokens,
    output_audio: usage.outputAudioTokens,
    input_image: usage.inputImages,
    output_image: usage.outputImages,
    input_character: usage.inputCharacters,
    input_second: usage.inputSeconds,
    output_second: usage.outputSeconds,
    web_search: usage.webSearches,
  };
  const told = new Map<Meter, Exact>();
  for (const source of [fields, usage.quantities ?? {}]) {
    for (const [meter, quantity] of Object.entries(source) as [Meter, string | number | undefined][]) {
      if (quantity !== undefined) told.set(meter, (told.get(meter) ?? new Exact(0)).plus(quantity));
    }
  }
  return told;
}

type Parts = { parts: [Meter, Exact][] } | { contradiction: string };

function promptParts(usage: LlmUsage, told: ReadonlyMap<Meter, Exact>): Parts {
  const of = (meter: Meter) => told.get(meter) ?? new Exact(0);
  const whole = new Exact(usage.inputTokens).plus(of('input'));
  const fromCache = of('cached_input');
  const written = of('cache_write_5m').plus(of('cache_write_1h')).plus(of('cache_write_audio'));
  const audio = of('input_audio');
  const images = of('input_image_token').plus(of('input_video_token'));
  const textWritten = written.minus(of('cache_write_audio'));
  const least = Exact.max(0, fromCache.plus(textWritten).plus(audio).plus(images).minus(whole));
  const cachedImages = of('cached_input_image_token');
  const cachedAudio = told.has('cached_input_audio')
    ? of('cached_input_audio')
    : Exact.max(0, least.minus(cachedImages));
  const cachedText = fromCache.minus(cachedAudio).minus(cachedImages);
  const freshAudio = audio.minus(cachedAudio).minus(of('cache_write_audio'));
  const freshImages = of('input_image_token').minus(cachedImages);
  const text = whole
    .minus(fromCache)
    .minus(written)
    .minus(freshAudio)
    .minus(freshImages)
    .minus(of('input_video_token'));
  if ([text, cachedText, freshAudio, freshImages].some((part) => part.isNegative() && !part.isZero())) {
    return {
      contradiction: `the parts of the prompt (cached ${fromCache.toFixed()}, cache writes ${written.toFixed()}, audio ${audio.toFixed()}, images and video ${images.toFixed()}) do not fit into its ${whole.toFixed()} tokens; the source must count cached tokens and cache writes as part of inputTokens`,
    };
  }
  return {
    parts: [
      ['input', text],
      ['cached_input', cachedText],
      ['input_audio', freshAudio],
      ['cached_input_audio', cachedAudio],
      ['input_image_token', freshImages],
    ],
  };
}

function answerParts(usage: LlmUsage, told: ReadonlyMap<Meter, Exact>): Parts {
  const of = (meter: Meter) => told.get(meter) ?? new Exact(0);
  const whole = new Exact(usage.outputTokens).plus(of('output'));
  const parts = answerMeters.filter((meter) => meter !== 'output').map((meter) => of(meter));
  const text = parts.reduce((rest, part) => rest.minus(part), whole);
  if (text.isNegative() && !text.isZero()) {
    return {
      contradiction: `reasoning, audio, image and video tokens (${parts.map((part) => part.toFixed()).join(' + ')}) are more than the ${whole.toFixed()} tokens of the answer; the source must count them as part of outputTokens`,
    };
  }
  return { parts: [['output', text]] };
}

/** Where a list prices one kind of token only (images of an image model), text tokens without a price are of that kind. */
function moveSoleMeters(quantities: Map<Meter, Exact>, priced: ReadonlySet<string>): void {
  for (const side of [
    { text: 'input' as Meter, all: promptMeters as readonly Meter[] },
    { text: 'output' as Meter, all: answerMeters as readonly Meter[] },
  ]) {
    if (priced.has(side.text)) continue;
    const sole = side.all.filter((meter) => priced.has(meter) && !meter.startsWith('cache'));
    if (sole.length !== 1) continue;
    const meter = sole[0]!;
    quantities.set(meter, (quantities.get(meter) ?? new Exact(0)).plus(quantities.get(side.text) ?? 0));
    quantities.delete(side.text);
  }
}

/** Seconds, characters, images and pixels: each is billed in the one way that the list prices it. */
function countMedia(quantities: Map<Meter, Exact>, priced: ReadonlySet<string>, usage: LlmUsage): void {
  const move = (from: Meter, to: Meter) => {
    const quantity = quantities.get(from);
    if (quantity === undefined || priced.has(from) || !priced.has(to)) return;
    quantities.set(to, (quantities.get(to) ?? new Exact(0)).plus(quantity));
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

function countPixels(quantities: Map<Meter, Exact>, priced: ReadonlySet<string>, size: string | undefined): void {
  const match = /^(\d+)\s*-?x-?\s*(\d+)$/i.exec(size ?? '');
  const images = quantities.get('output_image');
  if (!match || images === undefined) return;
  const pixels = images.times(match[1]!).times(match[2]!);
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
function countCalls(quantities: Map<Meter, Exact>, priced: ReadonlySet<string>, usage: LlmUsage): void {
  const calls = new Exact(usage.requests ?? 1);
  if (priced.has('request') && !quantities.has('request')) quantities.set('request', calls);
  if (priced.has('query') && !quantities.has('query')) quantities.set('query', calls);
  const searches = quantities.get('web_search');
  if (searches && priced.has('grounded_request') && !priced.has('web_search')) {
    quantities.delete('web_search');
    if (!quantities.has('grounded_request')) quantities.set('grounded_request', Exact.min(searches, calls));
  }
}

function stated(quantities: ReadonlyMap<Meter, Exact>, meter: Meter): boolean {
  return !(quantities.get(meter)?.isZero() ?? true);
}
