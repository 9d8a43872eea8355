import { AppError } from '../platform/errors/index.ts';
import { Exact, plain } from './exact.ts';
import { componentKey } from './new-version.ts';
import type { PriceComponent, PriceSource } from './price-entry.ts';
import type { NewVersion } from './price-repository.ts';

export interface FieldCount {
  field: string;
  models: number;
}

/** What a price file says, and what of it is no price. */
export interface ParsedPriceFile {
  prices: NewVersion[];
  /** Models in the file, priced or not. */
  models: number;
  priced: (FieldCount & { as: string })[];
  notPriced: (FieldCount & { reason: string; known: boolean })[];
  /** What was read otherwise than it stands, or what a person should look at. */
  remarks: { remark: string; models: number; examples: string[] }[];
  /** Entries of the file that are no models, or have no price. */
  skipped: { name: string; reason: string }[];
}

const longestName = 200;
const shownExamples = 5;
const maxSkipped = 500;
/** Above this many USD for one token a figure is in another unit than it says. */
const implausible = new Exact('0.01');

/** Gathers what an import reports while it reads a file. */
export class PriceFileReader {
  readonly source: PriceSource;
  readonly #prices = new Map<string, NewVersion>();
  readonly #priced = new Map<string, { models: Set<string>; as: Set<string> }>();
  readonly #notPriced = new Map<string, { models: Set<string>; reason: string; known: boolean }>();
  readonly #remarks = new Map<string, Set<string>>();
  readonly #skipped: { name: string; reason: string }[] = [];
  #models = 0;

  constructor(source: PriceSource) {
    this.source = source;
  }

  countModel(): void {
    this.#models += 1;
  }

  pricedField(field: string, model: string, as: string): void {
    const known = this.#priced.get(field) ?? { models: new Set(), as: new Set() };
    this.#priced.set(field, { models: known.models.add(model), as: known.as.add(as) });
  }

  notPricedField(field: string, model: string, { reason, known }: { reason: string; known: boolean }): void {
    const kept = this.#notPriced.get(field) ?? { models: new Set<string>(), reason, known };
    kept.models.add(model);
    this.#notPriced.set(field, kept);
  }

  remark(remark: string, model: string): void {
    this.#remarks.set(remark, (this.#remarks.get(remark) ?? new Set()).add(model));
  }

  skip(name: string, reason: string): void {
    if (this.#skipped.length < maxSkipped) this.#skipped.push({ name: name.slice(0, longestName), reason });
  }

  /** Keeps the price of a model. Of two names of one model the shorter counts, with a remark where their prices differ. */
  keep(version: NewVersion): void {
    if (version.item.length > longestName || version.item === '') return this.skip(version.item, 'has no usable name');
    const components = this.#sound(version);
    if (components.length === 0) return this.skip(version.sourceKey, 'has no price');
    const sound = { ...version, components };
    const key = versionKey(sound);
    const twin = this.#prices.get(key);
    if (twin && samePrice(twin, sound))
      return this.remark('two names of one model with equal prices', version.sourceKey);
    if (twin) this.remark('two names of one model with different prices: the shorter name counts', version.sourceKey);
    if (!twin || sound.sourceKey.length < twin.sourceKey.length) this.#prices.set(key, sound);
  }

  /** Drops what would make tokens free by mistake, and repeated components. */
  #sound(version: NewVersion): PriceComponent[] {
    const kept = new Map<string, PriceComponent>();
    const input = version.components.find(({ meter, when }) => meter === 'input' && when === undefined);
    const paid = input !== undefined && !new Exact(input.price).isZero();
    for (const component of version.components) {
      const zero = new Exact(component.price).isZero();
      if (zero && paid && (component.meter === 'cached_input' || component.meter.startsWith('cache_write'))) {
        this.remark(
          'a cache price of 0 beside a paid input is taken as none: those tokens are charged as input',
          version.sourceKey,
        );
        continue;
      }
      const perToken =
        component.meter !== 'factor' && /input$|output$|reasoning|token|audio$|cache/.test(component.meter);
      if (perToken && component.inCredits === undefined && new Exact(component.price).greaterThan(implausible)) {
        this.remark('more than 10,000 for a million tokens: the figure may be in another unit', version.sourceKey);
      }
      const key = componentKey(component);
      const twin = kept.get(key);
      if (twin && !new Exact(twin.price).equals(component.price)) {
        this.remark(`two prices of ${component.meter} under the same conditions: the first counts`, version.sourceKey);
      }
      if (!twin) kept.set(key, component);
    }
    return [...kept.values()];
  }

  result(): ParsedPriceFile {
    const byField = <T extends FieldCount>(fields: T[]) => fields.sort((a, b) => a.field.localeCompare(b.field));
    return {
      prices: [...this.#prices.values()],
      models: this.#models,
      priced: byField(
        [...this.#priced].map(([field, { models, as }]) => ({ field, models: models.size, as: [...as].join(', ') })),
      ),
      notPriced: byField(
        [...this.#notPriced].map(([field, { models, reason, known }]) => ({
          field,
          models: models.size,
          reason,
          known,
        })),
      ),
      remarks: [...this.#remarks].map(([remark, models]) => ({
        remark,
        models: models.size,
        examples: [...models].slice(0, shownExamples),
      })),
      skipped: this.#skipped,
    };
  }
}

/** Equal for two versions of one price. */
export function versionKey(version: Pick<NewVersion, 'kind' | 'provider' | 'item' | 'region' | 'purchase'>): string {
  const { kind, provider, item, region, purchase } = version;
  return [kind, provider, item.toLowerCase(), region.toLowerCase(), purchase].join('|');
}

/** Whether two versions cost the same under all conditions. */
export function samePrice(
  a: Pick<NewVersion, 'currency' | 'unit' | 'unitPrice' | 'components'>,
  b: Pick<NewVersion, 'currency' | 'unit' | 'unitPrice' | 'components'>,
): boolean {
  return (
    a.currency === b.currency &&
    a.unit === b.unit &&
    sameAmount(a.unitPrice, b.unitPrice) &&
    priceText(a.components) === priceText(b.components)
  );
}

function sameAmount(a: string | undefined, b: string | undefined): boolean {
  return a === undefined || b === undefined ? a === b : new Exact(a).equals(b);
}

function priceText(components: readonly PriceComponent[]): string {
  return components
    .map((component) => `${componentKey(component)}=${plain(new Exact(component.price))}`)
    .sort()
    .join('\n');
}

/** The figure of a file in plain notation, for one unit. */
export function figure(text: string, per = 1): string {
  return plain(new Exact(text).div(per));
}

/** @throws AppError UNPROCESSABLE where the file is no JSON object */
export function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new AppError('UNPROCESSABLE', `This is not ${what}: it is no JSON object.`);
}
