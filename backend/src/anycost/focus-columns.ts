import { chargeColumns } from './charge-columns.ts';

/**
 * Columns that every FOCUS file of versions 1.0 to 1.4 must have, each with the other name of the same thing: 1.3 renamed
 * the provider and the publisher, and 1.4 removed the old names.
 */
export const mandatoryColumns: readonly (readonly string[])[] = [
  ...['BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost', 'PricingQuantity', 'BillingCurrency'],
  ...['BillingPeriodStart', 'BillingPeriodEnd', 'ChargePeriodStart', 'ChargePeriodEnd'],
  ...['ServiceProviderName|ProviderName', 'HostProviderName|PublisherName', 'InvoiceIssuerName'],
  ...['BillingAccountId', 'BillingAccountName', 'ChargeCategory', 'ChargeClass', 'ChargeDescription'],
  ...['PricingUnit', 'ServiceCategory', 'ServiceName'],
].map((names) => names.split('|'));

const canonical: ReadonlyMap<string, string> = new Map(
  [...chargeColumns.keys(), 'Tags'].map((name) => [name.toLowerCase(), name]),
);

/** The FOCUS name of a column, whatever its case or surrounding blanks; an unknown one keeps its own. */
export function focusName(name: string): string {
  const trimmed = name.trim();
  return canonical.get(trimmed.toLowerCase()) ?? trimmed;
}

export type ParsedHeader = { ok: true; names: string[] } | { ok: false; reason: string };

const maxColumns = 2000;

/**
 * FOCUS names of the columns of a file, in its order. Refused with a reason that names the columns: a mandatory one that is
 * missing, one that stands twice.
 */
export function parseHeader(given: readonly string[]): ParsedHeader {
  if (given.length > maxColumns)
    return { ok: false, reason: `The header has ${given.length} columns; at most ${maxColumns} are read.` };
  const names = given.map((name, index) => (name.trim() === '' ? `column ${index + 1}` : focusName(name)));
  const seen = new Set<string>();
  const twice = given.filter((name) => {
    const key = name.trim().toLowerCase();
    return key !== '' && seen.size === seen.add(key).size;
  });
  if (twice.length > 0)
    return { ok: false, reason: `The header names ${list(twice)} more than once; each column must stand once.` };
  const missing = mandatoryColumns.filter((either) => !either.some((name) => names.includes(name)));
  if (missing.length === 0) return { ok: true, names };
  const [noun, verb, pronoun] = missing.length === 1 ? ['column', 'is', 'it'] : ['columns', 'are', 'them'];
  return {
    ok: false,
    reason: `The mandatory FOCUS ${noun} ${list(missing.map((either) => either.join(' or ')))} ${verb} missing. Export the file again with ${pronoun}; nothing was kept.`,
  };
}

function list(names: readonly string[]): string {
  const shown = names
    .slice(0, 25)
    .map((name) => name.trim())
    .join(', ');
  return names.length > 25 ? `${shown} and ${names.length - 25} more` : shown;
}
