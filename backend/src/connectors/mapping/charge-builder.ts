import type { Finding, Mapped } from '../../anycost/index.ts';
import { amountText, type Exact } from './exact-amount.ts';
import type { RecordReader } from './record-reader.ts';
import { serviceCategoryOf } from './service-category.ts';

/** Findings of one record that are told. */
const maxFindings = 8;

/** ISO 4217 codes as the runtime's Unicode data lists them. */
const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

const needed = [
  'BilledCost',
  'BillingCurrency',
  'BillingPeriodStart',
  'BillingPeriodEnd',
  'ChargePeriodStart',
  'ChargePeriodEnd',
  'ChargeCategory',
  'ServiceName',
  'ServiceProviderName',
] as const;

/** Columns that FOCUS wants empty for a category of charge. What a provider says there all the same is kept under `x_`. */
const pricing = ['PricingQuantity', 'PricingUnit', 'PricingCategory', 'ListUnitPrice', 'ContractedUnitPrice'] as const;
const consumption = ['ConsumedQuantity', 'ConsumedUnit'] as const;
const sku = ['SkuId', 'SkuPriceId', 'SkuMeter'] as const;

/** Names that stand beside an identifier: where one of the two is unknown, the other is given for it, as FOCUS asks. */
const namedBeside = [
  ['RegionId', 'RegionName'],
  ['SubAccountId', 'SubAccountName'],
  ['BillingAccountId', 'BillingAccountName'],
] as const;

export interface ChargeTexts {
  [column: string]: string | Exact | undefined;
}

/**
 * A charge while it is put together: texts and exact amounts go in, absent ones are ignored. `done` gives the charge with
 * the rest of the record's fields beside it, or the reasons why the record cannot be used.
 */
export class ChargeBuilder {
  readonly #columns = new Map<string, string>();
  #tags: Record<string, string> = {};

  set(columns: ChargeTexts): this {
    for (const [column, value] of Object.entries(columns)) {
      const text = typeof value === 'string' ? value : value === undefined ? '' : amountText(value);
      if (text !== '') this.#columns.set(column, text);
    }
    return this;
  }

  tags(tags: Record<string, string>): this {
    this.#tags = { ...this.#tags, ...tags };
    return this;
  }

  /** `leftOver` are the fields that nothing used; a second charge of the same record does not repeat them. */
  done(reader: RecordReader, leftOver: ReadonlyMap<string, string> = reader.leftOver()): Mapped {
    for (const [column, value] of leftOver) if (!this.#columns.has(column)) this.#columns.set(column, value);
    this.#complete();
    const findings = [...reader.findings, ...this.#findings(reader.findings.length === 0)];
    if (findings.length > 0) return { kind: 'quarantined', findings: findings.slice(0, maxFindings) };
    return {
      kind: 'charge',
      charge: { columns: Object.fromEntries(this.#columns), tags: this.#tags },
      ...(reader.flags.length === 0 ? {} : { flags: reader.flags.slice(0, maxFindings) }),
    };
  }

  #complete(): void {
    const columns = this.#columns;
    const fallback = (column: string, other: string) => {
      const value = columns.get(other);
      if (!columns.has(column) && value !== undefined) columns.set(column, value);
    };
    fallback('HostProviderName', 'ServiceProviderName');
    fallback('InvoiceIssuerName', 'ServiceProviderName');
    for (const cost of ['EffectiveCost', 'ListCost', 'ContractedCost']) fallback(cost, 'BilledCost');
    for (const [id, name] of namedBeside) {
      fallback(name, id);
      fallback(id, name);
    }
    fallback('BillingAccountId', 'ServiceProviderName');
    fallback('ResourceType', 'ServiceName');
    if (!columns.has('ResourceId')) this.#setAside(['ResourceName', 'ResourceType']);
    if (!columns.has('ServiceCategory'))
      columns.set('ServiceCategory', serviceCategoryOf(columns.get('ServiceName') ?? ''));
    const currency = columns.get('BillingCurrency');
    if (currency !== undefined) columns.set('BillingCurrency', currency.trim().toUpperCase());
    this.#nameUnits();
    this.#emptyWhatTheCategoryForbids();
  }

  /** Azure writes `1` for pieces: a unit that is a bare number names nothing, so that it becomes Units and the text is kept. */
  #nameUnits(): void {
    for (const name of ['PricingUnit', 'ConsumedUnit']) {
      const unit = this.#columns.get(name);
      if (unit === undefined || !/^[\d.,\s]+$/.test(unit)) continue;
      this.#columns.set(`x_${name}`, unit);
      this.#columns.set(name, 'Units');
    }
  }

  #emptyWhatTheCategoryForbids(): void {
    const category = this.#columns.get('ChargeCategory');
    const status = this.#columns.get('CommitmentDiscountStatus');
    if (category !== 'Usage' || status === 'Unused') this.#setAside(consumption);
    if (category === 'Tax') this.#setAside([...pricing, ...sku]);
    if (!this.#columns.has('CommitmentDiscountId'))
      this.#setAside([
        'CommitmentDiscountStatus',
        'CommitmentDiscountName',
        'CommitmentDiscountType',
        'CommitmentDiscountCategory',
        'CommitmentDiscountQuantity',
        'CommitmentDiscountUnit',
      ]);
    if (this.#columns.has('PricingUnit') && !this.#columns.has('PricingQuantity')) this.#setAside(['PricingUnit']);
    if (this.#columns.has('ConsumedUnit') && !this.#columns.has('ConsumedQuantity')) this.#setAside(['ConsumedUnit']);
  }

  /** Moves columns to their `x_` namesake, so that their text stays with the row. */
  #setAside(names: readonly string[]): void {
    for (const name of names) {
      const value = this.#columns.get(name);
      if (value === undefined) continue;
      this.#columns.delete(name);
      if (name !== 'ResourceType' && !this.#columns.has(`x_${name}`)) this.#columns.set(`x_${name}`, value);
    }
  }

  /** `absent`: whether to tell what is missing; of a field that was refused before, it would be told twice. */
  #findings(absent: boolean): Finding[] {
    const missing = absent ? needed.filter((column) => !this.#columns.has(column)) : [];
    const findings = missing.map((column): Finding => ({ column, reason: `No field of the record gives ${column}` }));
    const currency = this.#columns.get('BillingCurrency');
    if (currency !== undefined && !currencies.has(currency))
      findings.push({ column: 'BillingCurrency', reason: 'BillingCurrency is not an ISO 4217 currency code' });
    const [start, end] = [this.#columns.get('ChargePeriodStart'), this.#columns.get('ChargePeriodEnd')];
    if (start !== undefined && end !== undefined && end < start)
      findings.push({ column: 'ChargePeriodEnd', reason: 'ChargePeriodEnd lies before ChargePeriodStart' });
    return findings;
  }
}
