import { AppError } from '../platform/errors/index.ts';
import { isPrice } from './exact-json.ts';
import { meters } from './meter.ts';
import { componentKey } from './new-version.ts';
import { formulaPairs, portkeyMeaning, portkeyReason } from './portkey-fields.ts';
import { figure, objectOf, PriceFileReader, type ParsedPriceFile } from './price-file.ts';
import type { PriceComponent, PriceCondition } from './price-entry.ts';
import { always } from './price-repository.ts';
import { providerKey } from './provider-name.ts';

type Tree = Readonly<Record<string, unknown>>;

const centsPerUnit = 100;

/** What of a file is read into, model by model. */
interface Reading {
  reader: PriceFileReader;
  tenant: string;
  provider: string;
  currency: string;
}

interface ModelPrices {
  /** By region; empty: everywhere. */
  regions: Map<string, PriceComponent[]>;
}

/**
 * Portkey's price files (one per provider; cents per unit; parsed with `parseExactJson`), as prices that hold since always:
 * the files give no dates. Either one file with the provider's name beside it, or an object of provider names and files. The
 * formulas (`calculate`) are checked against what Amadeus computes; what they do otherwise is reported.
 * @throws AppError UNPROCESSABLE where it is no such file, VALIDATION_FAILED where the provider is missing
 */
export function parsePortkey(json: unknown, tenant: string, provider?: string): ParsedPriceFile {
  const reader = new PriceFileReader('portkey');
  for (const [name, file] of filesOf(objectOf(json, 'a price file of Portkey'), provider)) {
    const models = objectOf(file, `the price file of ${name}`);
    const currency = currencyOf(models.default) ?? 'USD';
    const reading: Reading = { reader, tenant, provider: providerKey(name), currency };
    const byItem = new Map<string, { key: string; prices: ModelPrices; currency: string }>();
    for (const [key, model] of Object.entries(models)) readModel(reading, key, model, byItem);
    for (const [item, { key, prices, currency: own }] of byItem) keepModel(reading, item, key, prices, own);
  }
  return reader.result();
}

function filesOf(tree: Tree, provider: string | undefined): [string, unknown][] {
  const isFile = Object.values(tree).some(
    (value) => isTree(value) && ('pricing_config' in value || 'custom_pricing' in value),
  );
  if (!isFile) return Object.entries(tree);
  if (provider !== undefined && provider !== '') return [[provider, tree]];
  throw new AppError(
    'VALIDATION_FAILED',
    'A price file of Portkey does not name its provider: give `provider=openai`.',
  );
}

/** Two keys may be one model by the length of its prompts: `...-lte-128k` and `...-gt-128k`. */
function readModel(
  reading: Reading,
  key: string,
  value: unknown,
  byItem: Map<string, { key: string; prices: ModelPrices; currency: string }>,
): void {
  const { reader } = reading;
  const name = `${reading.provider}/${key}`;
  if (!isTree(value) || value.pricing_config === null) return reader.skip(name, 'has no price');
  if (key === 'default') {
    checkFormula(reading, name, value.pricing_config);
    return reader.skip(name, "holds the provider's formula and currency; its prices are placeholders");
  }
  reader.countModel();
  const split = /^(.*)-(lte|gt)-(\d+)k$/.exec(key);
  const item = split?.[1] ?? key;
  const within: PriceCondition = split?.[2] === 'gt' ? { promptAbove: Number(split[3]) * 1000 } : {};
  const kept = byItem.get(item) ?? { key, prices: { regions: new Map() }, currency: reading.currency };
  kept.currency = currencyOf(value) ?? kept.currency;
  for (const [field, part] of Object.entries(value)) {
    if (field === 'pricing_config') addConfig(reading, name, part, kept.prices, '', within);
    else if (field === 'custom_pricing') addCustom(reading, name, part, kept.prices, within);
    else reader.notPricedField(field, name, { reason: 'is not part of the format', known: false });
  }
  byItem.set(item, kept);
}

function addConfig(
  reading: Reading,
  name: string,
  config: unknown,
  prices: ModelPrices,
  region: string,
  within: PriceCondition,
): void {
  for (const [section, part] of Object.entries(objectOf(config, `the price of ${name}`))) {
    if (section === 'pay_as_you_go') addRates(reading, name, '', part, prices, region, within);
    else if (section === 'batch_config')
      addRates(reading, name, '', part, prices, region, { ...within, tier: 'batch' });
    else if (section === 'finetune_config' || section === 'fixed_cost')
      addRates(reading, name, `${section}.`, part, prices, region, within);
    else if (section === 'calculate') checkFormula(reading, name, config);
    else if (section === 'currency') reading.reader.pricedField('currency', name, 'currency of the price');
    else reading.reader.notPricedField(section, name, { reason: 'is not part of the format', known: false });
  }
}

function addRates(
  reading: Reading,
  name: string,
  prefix: string,
  part: unknown,
  prices: ModelPrices,
  region: string,
  within: PriceCondition,
): void {
  if (!isTree(part)) return;
  for (const [rate, value] of Object.entries(part)) {
    if (rate === 'additional_units') addRates(reading, name, '', value, prices, region, within);
    else if (rate === 'image') addImages(reading, name, value, prices, region, within);
    else addRate(reading, name, `${prefix}${rate}`, value, prices, region, within);
  }
}

function addRate(
  { reader }: Reading,
  name: string,
  rate: string,
  value: unknown,
  prices: ModelPrices,
  region: string,
  within: PriceCondition,
): void {
  const price = isTree(value) ? value.price : undefined;
  const meaning = portkeyMeaning(rate);
  if (!meaning) {
    reader.notPricedField(rate, name, portkeyReason(rate));
    if (rate === 'fixed_cost.response' && isPrice(price) && Number(price) > 0)
      reader.remark('fixed_cost.response is charged per answer and was left out', name);
    return;
  }
  if (!isPrice(price)) return reader.remark(`${rate} is no amount and was left out`, name);
  reader.pricedField(rate, name, meters[meaning.meter]);
  addComponent(prices, region, {
    meter: meaning.meter,
    price: figure(price, centsPerUnit),
    ...whenOf({ ...within, ...meaning.when }),
  });
}

/** Images by quality and size; `default` is any that has no price of its own. */
function addImages(
  { reader }: Reading,
  name: string,
  value: unknown,
  prices: ModelPrices,
  region: string,
  within: PriceCondition,
): void {
  if (!isTree(value)) return;
  for (const [quality, sizes] of Object.entries(value)) {
    for (const [size, rate] of Object.entries(isTree(sizes) ? sizes : {})) {
      const price = isTree(rate) ? rate.price : undefined;
      if (!isPrice(price)) continue;
      reader.pricedField('image', name, 'output images by quality and size');
      const options = { ...(quality === 'default' ? {} : { quality }), ...(size === 'default' ? {} : { size }) };
      const when = { ...within, ...(Object.keys(options).length === 0 ? {} : { options }) };
      addComponent(prices, region, { meter: 'output_image', price: figure(price, centsPerUnit), ...whenOf(when) });
    }
  }
}

/** Prices by region, service tier and length of prompt. */
function addCustom(reading: Reading, name: string, custom: unknown, prices: ModelPrices, within: PriceCondition): void {
  const { context_tier_map: contexts, regions, ...others } = objectOf(custom, `custom_pricing of ${name}`);
  for (const field of Object.keys(others))
    reading.reader.notPricedField(`custom_pricing.${field}`, name, {
      reason: 'is not part of the format',
      known: false,
    });
  const above = new Map(
    Object.entries(isTree(contexts) ? contexts : {}).map(([tokens, tier]) => [String(tier), Number(tokens)]),
  );
  if (above.size > 0) reading.reader.pricedField('custom_pricing.context_tier_map', name, 'prices of long prompts');
  for (const [names, region] of Object.entries(isTree(regions) ? regions : {})) {
    const modes = isTree(region) && isTree(region.execution_modes) ? region.execution_modes : {};
    for (const [mode, tree] of Object.entries(modes)) {
      const ofMode = modeOf(mode);
      if (ofMode === undefined) {
        reading.reader.notPricedField(`custom_pricing.execution_modes.${mode}`, name, portkeyReason(mode));
        continue;
      }
      for (const part of contextsOf(tree, above)) {
        const when = { ...within, ...ofMode, ...part.when };
        for (const one of names.split(','))
          addConfig(reading, name, part.config, prices, one === 'default' ? '' : one.trim(), when);
        reading.reader.pricedField('custom_pricing.regions', name, 'prices by region and service tier');
      }
    }
  }
}

function contextsOf(tree: unknown, above: ReadonlyMap<string, number>): { config: unknown; when: PriceCondition }[] {
  if (!isTree(tree)) return [];
  const plain = tree.pricing_config === undefined ? [] : [{ config: tree.pricing_config, when: {} }];
  const tiers = isTree(tree.context_tiers) ? tree.context_tiers : {};
  const long = Object.entries(tiers).flatMap(([tier, part]) => {
    const tokens = above.get(tier) ?? 0;
    return isTree(part) && part.pricing_config !== undefined
      ? [{ config: part.pricing_config, when: tokens > 0 ? { promptAbove: tokens } : {} }]
      : [];
  });
  return [...plain, ...long];
}

/** When an execution mode applies; undefined for one that is not known. */
function modeOf(mode: string): PriceCondition | undefined {
  if (mode === 'standard') return {};
  if (mode === 'fast') return { options: { speed: 'fast' } };
  const tier = (['batch', 'flex', 'priority'] as const).find((name) => name === mode);
  return tier === undefined ? undefined : { tier };
}

/** What `custom_pricing` says later, more exactly, replaces what `pricing_config` said. */
function addComponent({ regions }: ModelPrices, region: string, component: PriceComponent): void {
  const components = regions.get(region) ?? [];
  const key = componentKey(component);
  const same = components.findIndex((other) => componentKey(other) === key);
  if (same >= 0) components[same] = component;
  else components.push(component);
  regions.set(region, components);
}

/** A region's entry holds the general components as far as it has none of its own. */
function keepModel(reading: Reading, item: string, key: string, { regions }: ModelPrices, currency: string): void {
  const general = regions.get('') ?? [];
  for (const [region, own] of regions.size === 0 ? [['', []] as const] : regions) {
    const keys = new Set(own.map(componentKey));
    const components =
      region === '' ? own : [...own, ...general.filter((component) => !keys.has(componentKey(component)))];
    reading.reader.keep({
      tenant: reading.tenant,
      kind: 'llm',
      provider: reading.provider,
      item,
      region,
      purchase: '',
      unit: 'usage',
      currency,
      components,
      validFrom: always,
      validTo: null,
      source: 'portkey',
      sourceKey: `${reading.provider}/${key}`,
      note: "Portkey's price files",
    });
  }
}

/** Reports each product of the formula that Amadeus would not compute the same way. */
function checkFormula({ reader }: Reading, name: string, config: unknown): void {
  const calculate = isTree(config) ? config.calculate : undefined;
  if (!isTree(calculate)) return;
  reader.pricedField('calculate', name, 'checked: sums of quantities × rates');
  for (const [side, tree] of Object.entries(calculate)) {
    const pairs = productsOf(tree);
    if (pairs === undefined) {
      reader.remark(`the formula of the ${side} is no sum of products; the rates are priced by their names`, name);
      continue;
    }
    for (const pair of pairs)
      if (formulaPairs[pair] === undefined)
        reader.remark(`the formula multiplies ${pair}, which Amadeus counts otherwise`, name);
  }
}

/** `input_tokens × rates.request_token` for each product of a sum; undefined for any other shape. */
function productsOf(tree: unknown): string[] | undefined {
  if (!isTree(tree) || !Array.isArray(tree.operands)) return undefined;
  const operands = tree.operands as unknown[];
  if (tree.operation === 'sum') {
    const parts = operands.map(productsOf);
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  }
  if (tree.operation !== 'multiply') return undefined;
  const values = operands.map((operand) =>
    isTree(operand) && typeof operand.value === 'string' ? operand.value : undefined,
  );
  return values.every((value) => value !== undefined) ? [values.join(' × ')] : undefined;
}

function currencyOf(model: unknown): string | undefined {
  const config = isTree(model) ? model.pricing_config : undefined;
  const currency = isTree(config) ? config.currency : undefined;
  return typeof currency === 'string' && /^[A-Z]{3}$/.test(currency) ? currency : undefined;
}

function whenOf(when: PriceCondition): { when?: PriceCondition } {
  return Object.keys(when).length === 0 ? {} : { when };
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
