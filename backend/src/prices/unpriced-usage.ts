import type { Quantities } from './llm-quantities.ts';
import { answerMeters, countsTokens, meters, type Meter } from './meter.ts';
import type { PriceComponent, PriceEntry } from './price-entry.ts';
import { quantityText, type Quantity } from './quantity.ts';

/** Quantities that are billed within the tokens unless the list has a price of their own. */
const withinTokens: ReadonlySet<Meter> = new Set<Meter>([
  'input_image',
  'output_image',
  'input_character',
  'output_character',
  'input_second',
  'output_second',
  'input_audio_second',
  'input_video_second',
]);

/** Media by which a model's answer is billed instead of by tokens. */
const answerMedia: readonly Meter[] = [
  'output_image',
  'output_second',
  'output_video_second',
  'output_pixel',
  'output_megapixel',
  'output_character',
];
const answer: ReadonlySet<Meter> = new Set<Meter>(answerMeters);

/**
 * What a list without a price for a meter bills otherwise: media within the tokens (the empty text); tokens, where nothing is
 * billed by tokens or the answer is billed by its images or seconds. Undefined: nothing covers it.
 */
export function coveredBy(
  meter: Meter,
  quantities: Quantities,
  components: readonly PriceComponent[],
): string | undefined {
  const byTokens = components.some((component) => component.meter !== 'factor' && countsTokens(component.meter));
  if (withinTokens.has(meter)) return byTokens ? '' : undefined;
  if (!countsTokens(meter)) return undefined;
  if (!byTokens) return `${meters[meter]}: not billed by tokens`;
  const media = answerMedia.find(
    (medium) => quantities.has(medium) && components.some((component) => component.meter === medium),
  );
  return answer.has(meter) && media !== undefined ? `${meters[meter]}: billed by ${meters[media]}` : undefined;
}

/** A record that tells none of what is priced would cost 0 by silence. */
export function tellsAnything(quantities: Quantities, components: readonly PriceComponent[]): boolean {
  return components.some(
    ({ meter }) =>
      meter !== 'factor' &&
      (countsTokens(meter) ||
        quantities.has(meter) ||
        (meter === 'output_image' && quantities.has('output_image_token'))),
  );
}

/** Why the call is unpriced: the list has no price for something that it used. */
export function missingPrice(
  entry: PriceEntry,
  meter: Meter,
  quantity: Quantity,
  components: readonly PriceComponent[],
): string {
  const conditional = components.filter((component) => component.meter === meter);
  const known = conditional.map((component) => JSON.stringify(component.when ?? {})).join('; ');
  const why =
    conditional.length === 0 ? `has no price for ${meters[meter]}` : `prices ${meters[meter]} only for ${known}`;
  return `${entryName(entry)} (${entry.id}) ${why}, and the call used ${quantityText(quantity)}; add it to the price book`;
}

export function entryName({ provider, item }: Pick<PriceEntry, 'provider' | 'item'>): string {
  return [provider, item].filter(Boolean).join(' ');
}
