import { isPrice } from './exact-json.ts';
import { meaningOf, reasonNotPriced } from './litellm-fields.ts';
import { always } from './price-repository.ts';
import { figure, objectOf, PriceFileReader, type ParsedPriceFile } from './price-file.ts';
import type { PriceComponent, PriceCondition } from './price-entry.ts';
import { providerKey } from './provider-name.ts';
import { meters } from './meter.ts';

type Model = Readonly<Record<string, unknown>>;

/** Entries of the file that describe it instead of a model. */
const notModels: Readonly<Record<string, string>> = {
  sample_spec: 'describes the fields of the file',
  last_updated: 'says when the file was made',
  fallback_generalizations: 'rules for names that are not in the file; they carry no price',
};

/**
 * LiteLLM's `model_prices_and_context_window.json`, whose numbers were parsed as texts (`parseExactJson`), as prices in USD
 * that hold since always: the file gives no dates. Every field of every model is priced or listed.
 * @throws AppError UNPROCESSABLE where it is not that file
 */
export function parseLitellm(json: unknown, tenant: string): ParsedPriceFile {
  const reader = new PriceFileReader('litellm');
  for (const [name, value] of Object.entries(objectOf(json, "LiteLLM's price file"))) {
    const reason = notModels[name];
    if (reason !== undefined || typeof value !== 'object' || value === null) {
      reader.skip(name, reason ?? 'is not a model: it holds no fields');
      continue;
    }
    reader.countModel();
    readModel(reader, name, value as Model, tenant);
  }
  return reader.result();
}

function readModel(reader: PriceFileReader, name: string, model: Model, tenant: string): void {
  const provider = providerKey(textOf(model.litellm_provider));
  const components = Object.entries(model).flatMap(([field, value]) => readField(reader, name, model, field, value));
  const { item, region } = nameParts(name, provider);
  reader.keep({
    tenant,
    kind: 'llm',
    provider,
    item,
    region,
    purchase: '',
    unit: 'usage',
    currency: 'USD',
    components,
    validFrom: always,
    validTo: null,
    source: 'litellm',
    sourceKey: name,
    note: noteOf(model),
  });
}

function readField(
  reader: PriceFileReader,
  name: string,
  model: Model,
  field: string,
  value: unknown,
): PriceComponent[] {
  if (field === 'search_context_cost_per_query') return searches(reader, name, model, value);
  if (field === 'tiered_pricing') return tiers(reader, name, model, value);
  if (field === 'provider_specific_entry') return factors(reader, name, value);
  const uplift = /^regional_processing_uplift_multiplier_(\w+)$/.exec(field);
  if (uplift && isPrice(value)) {
    reader.pricedField(field, name, 'factor on all tokens in the region');
    return [{ meter: 'factor', price: figure(value), when: { options: { region: uplift[1]! } } }];
  }
  if (field === 'web_search_billing_unit') {
    reader.pricedField(field, name, 'whether each web search or each grounded request is charged');
    return [];
  }
  return plainField(reader, name, model, field, value, {});
}

function plainField(
  reader: PriceFileReader,
  name: string,
  model: Model,
  field: string,
  value: unknown,
  within: PriceCondition,
): PriceComponent[] {
  const meaning = meaningOf(field);
  if (!meaning) {
    reader.notPricedField(field, name, reasonNotPriced(field));
    return [];
  }
  if (value === null) return [];
  if (!isPrice(value)) {
    reader.remark(`${field} is no amount and was left out`, name);
    return [];
  }
  const meter = meaning.meter === 'input_image' && generatesImages(model) ? 'output_image' : meaning.meter;
  const when = { ...within, ...meaning.when };
  reader.pricedField(
    field,
    name,
    meaning.inCredits === undefined ? meters[meter] : `${meters[meter]} in ${meaning.inCredits}`,
  );
  return [
    {
      meter,
      price: figure(value, meaning.per),
      ...(Object.keys(when).length === 0 ? {} : { when }),
      ...(meaning.inCredits === undefined ? {} : { inCredits: meaning.inCredits }),
    },
  ];
}

/** Models that only make images: what the file calls their input image is the image that they make. */
function generatesImages(model: Model): boolean {
  const generates = model.mode === 'image_generation' || model.mode === 'image_edit';
  return generates && !isPrice(model.output_cost_per_image);
}

/** Google charges a prompt that was grounded once, however many searches it took, unless the file says `per_query`. */
function searches(reader: PriceFileReader, name: string, model: Model, value: unknown): PriceComponent[] {
  const provider = providerKey(textOf(model.litellm_provider));
  const perPrompt = ['google', 'vertex-ai'].includes(provider) && model.web_search_billing_unit !== 'per_query';
  const meter = perPrompt ? 'grounded_request' : 'web_search';
  const components: PriceComponent[] = [];
  for (const [field, price] of Object.entries(objectOf(value ?? {}, 'a price of searches'))) {
    const size = /^search_context_size_(low|medium|high)$/.exec(field)?.[1];
    if (size === undefined || !isPrice(price)) {
      reader.notPricedField(`search_context_cost_per_query.${field}`, name, reasonNotPriced(field));
      continue;
    }
    components.push({ meter, price: figure(price), when: { options: { searchContext: size } } });
  }
  if (components.length > 0) reader.pricedField('search_context_cost_per_query', name, meters[meter]);
  return components;
}

/** Prices by the length of the prompt (`range`) or the number of results (`max_results_range`). */
function tiers(reader: PriceFileReader, name: string, model: Model, value: unknown): PriceComponent[] {
  const list = Array.isArray(value) ? (value as unknown[]) : [];
  const components = list.flatMap((tier) => {
    const fields = objectOf(tier, 'a tier of prices');
    const { range, max_results_range: results, ...prices } = fields;
    const within = { ...bound('promptAbove', range), ...bound('resultsAbove', results) };
    return Object.entries(prices).flatMap(([field, price]) => plainField(reader, name, model, field, price, within));
  });
  if (components.length > 0)
    reader.pricedField('tiered_pricing', name, 'prices by length of prompt or number of results');
  else reader.notPricedField('tiered_pricing', name, { reason: 'holds no tier with a price', known: false });
  return components;
}

function bound(name: 'promptAbove' | 'resultsAbove', range: unknown): PriceCondition {
  const lowest = Array.isArray(range) ? Number(range[0]) : Number.NaN;
  return Number.isSafeInteger(lowest) && lowest > 0 ? { [name]: lowest } : {};
}

/** Anthropic's factors: processing in one region only, and the fast mode. */
function factors(reader: PriceFileReader, name: string, value: unknown): PriceComponent[] {
  return Object.entries(objectOf(value ?? {}, 'provider_specific_entry')).flatMap(([field, price]) => {
    if (!isPrice(price)) {
      const reason = { reason: 'a setting of the caller', known: true };
      reader.notPricedField(`provider_specific_entry.${field}`, name, reason);
      return [];
    }
    reader.pricedField('provider_specific_entry', name, 'factor on all tokens by region or speed');
    const options: Record<string, string> = field === 'fast' ? { speed: 'fast' } : { region: field };
    return [{ meter: 'factor' as const, price: figure(price), when: { options } }];
  });
}

const regionName = /^(us|eu|apac|ap|jp|au|global|global-standard|[a-z]{2}(-gov)?-[a-z]+-\d)$/;

/** `azure/eu/gpt-4o` → gpt-4o in eu; `1024-x-1024/50-steps/bedrock/amazon.nova-canvas-v1:0` keeps size and steps. */
export function nameParts(name: string, provider: string): { item: string; region: string } {
  const segments = name.split('/');
  const own = segments.findIndex((segment, index) => index < segments.length - 1 && providerKey(segment) === provider);
  if (own >= 0) segments.splice(own, 1);
  let region = '';
  if (segments.length > 1 && (segments[0] === '*' || regionName.test(segments[0]!))) {
    region = segments[0] === '*' ? '' : segments[0]!;
    segments.shift();
  }
  return { item: segments.join('/'), region };
}

function noteOf(model: Model): string {
  const parts = [
    "LiteLLM's price map",
    textOf(model.source),
    textOf(model.comment),
    typeof model.deprecation_date === 'string' ? `deprecated from ${model.deprecation_date}` : '',
  ];
  return parts.filter(Boolean).join('; ').slice(0, 2000);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
