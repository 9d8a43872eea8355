/** How the value of a column is read. */
export type ColumnKind = 'text' | 'cost' | 'number' | 'instant' | 'currency' | 'pricingCurrency';

interface FocusColumn {
  kind: ColumnKind;
  /** FOCUS 1.0 to 1.2: the column must be present in every file. */
  mandatory?: true;
  /** Names of the same thing in other versions of FOCUS. */
  otherNames?: readonly string[];
}

const text: FocusColumn = { kind: 'text' };
const mandatoryText: FocusColumn = { kind: 'text', mandatory: true };
const number: FocusColumn = { kind: 'number' };
const cost: FocusColumn = { kind: 'cost', mandatory: true };
const instant: FocusColumn = { kind: 'instant', mandatory: true };

/** Columns of FOCUS 1.0 to 1.2 that have a column of their own in the warehouse, under the same name. */
export const focusColumns = {
  BilledCost: cost,
  EffectiveCost: cost,
  ListCost: cost,
  ContractedCost: cost,
  ListUnitPrice: number,
  ContractedUnitPrice: number,
  PricingQuantity: { kind: 'number', mandatory: true },
  ConsumedQuantity: number,
  CommitmentDiscountQuantity: number,
  BillingCurrency: { kind: 'currency', mandatory: true },
  PricingCurrency: { kind: 'pricingCurrency' },
  BillingPeriodStart: instant,
  BillingPeriodEnd: instant,
  ChargePeriodStart: instant,
  ChargePeriodEnd: instant,
  // FOCUS 1.3 renamed the provider and the publisher, and 1.4 removed the old names.
  ProviderName: { kind: 'text', mandatory: true, otherNames: ['ServiceProviderName'] },
  PublisherName: { kind: 'text', mandatory: true, otherNames: ['HostProviderName'] },
  InvoiceIssuerName: mandatoryText,
  InvoiceId: text,
  BillingAccountId: mandatoryText,
  BillingAccountName: mandatoryText,
  BillingAccountType: text,
  SubAccountId: text,
  SubAccountName: text,
  SubAccountType: text,
  ChargeCategory: mandatoryText,
  ChargeClass: mandatoryText,
  ChargeDescription: mandatoryText,
  ChargeFrequency: text,
  PricingCategory: text,
  PricingUnit: mandatoryText,
  ConsumedUnit: text,
  CommitmentDiscountCategory: text,
  CommitmentDiscountId: text,
  CommitmentDiscountName: text,
  CommitmentDiscountStatus: text,
  CommitmentDiscountType: text,
  CommitmentDiscountUnit: text,
  CapacityReservationId: text,
  CapacityReservationStatus: text,
  ServiceCategory: mandatoryText,
  ServiceSubcategory: text,
  ServiceName: mandatoryText,
  SkuId: text,
  SkuMeter: text,
  SkuPriceId: text,
  SkuPriceDetails: text,
  RegionId: text,
  RegionName: text,
  AvailabilityZone: text,
  ResourceId: text,
  ResourceName: text,
  ResourceType: text,
  // Set from the tags unless the file says it itself.
  x_Team: text,
  x_Product: text,
  x_Customer: text,
  x_Feature: text,
  x_Environment: text,
  x_Model: text,
} as const satisfies Record<string, FocusColumn>;

export type FocusColumnName = keyof typeof focusColumns;
export const focusColumnNames = Object.keys(focusColumns) as FocusColumnName[];

/** Where in a record each column stands. */
export interface Header {
  /** Number of fields that every record must have. */
  width: number;
  columns: readonly { name: FocusColumnName; kind: ColumnKind; index: number }[];
  tags: number | undefined;
  unknown: readonly { name: string; index: number }[];
}

export type ParsedHeader = { ok: true; header: Header } | { ok: false; reason: string };

const maxColumns = 2000;

/**
 * Finds the columns in a file's header, whatever their order, case or surrounding blanks. Refused with a reason that names
 * the columns: a mandatory one that is missing, one that stands twice.
 */
export function parseHeader(names: readonly string[]): ParsedHeader {
  if (names.length > maxColumns)
    return { ok: false, reason: `The header has ${names.length} columns; at most ${maxColumns} are read.` };
  const positions = new Map<string, number>();
  const twice: string[] = [];
  names.forEach((name, index) => {
    const key = name.trim().toLowerCase();
    if (positions.has(key)) twice.push(name.trim());
    else positions.set(key, index);
  });
  if (twice.length > 0)
    return { ok: false, reason: `The header names ${list(twice)} more than once; each column must stand once.` };
  const header = locate(names, positions);
  const found = new Set(header.columns.map((column) => column.name));
  const missing = focusColumnNames.filter((name) => isMandatory(name) && !found.has(name));
  if (missing.length === 0) return { ok: true, header };
  const noun = missing.length === 1 ? 'column' : 'columns';
  return {
    ok: false,
    reason: `The mandatory FOCUS ${noun} ${list(missing)} ${missing.length === 1 ? 'is' : 'are'} missing. Export the file again with ${missing.length === 1 ? 'it' : 'them'}; nothing was kept.`,
  };
}

function locate(names: readonly string[], positions: ReadonlyMap<string, number>): Header {
  const taken = new Set<number>();
  const take = (candidates: readonly string[]) => {
    const index = candidates
      .map((name) => positions.get(name.toLowerCase()))
      .find((position) => position !== undefined);
    if (index !== undefined) taken.add(index);
    return index;
  };
  const columns: { name: FocusColumnName; kind: ColumnKind; index: number }[] = [];
  for (const name of focusColumnNames) {
    const column: FocusColumn = focusColumns[name];
    const index = take([name, ...(column.otherNames ?? [])]);
    if (index !== undefined) columns.push({ name, kind: column.kind, index });
  }
  const tags = take(['Tags']);
  const unknown = names
    .map((name, index) => ({ name: name.trim() === '' ? `column ${index + 1}` : name.trim(), index }))
    .filter(({ index }) => !taken.has(index));
  return { width: names.length, columns, tags, unknown };
}

function isMandatory(name: FocusColumnName): boolean {
  const column: FocusColumn = focusColumns[name];
  return column.mandatory === true;
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 25).join(', ');
  return names.length > 25 ? `${shown} and ${names.length - 25} more` : shown;
}
