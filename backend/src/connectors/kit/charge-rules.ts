import type { CostCharge } from '../../anycost/index.ts';

const decimal = /^-?(?:0|[1-9]\d*)(?:\.\d{0,29}[1-9])?$/;
const instant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;
const currencies: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** Columns that FOCUS 1.4 asks of every charge and that may not be empty. */
const mandatory = [
  'BilledCost',
  'EffectiveCost',
  'ListCost',
  'ContractedCost',
  'BillingAccountId',
  'BillingCurrency',
  'BillingPeriodStart',
  'BillingPeriodEnd',
  'ChargePeriodStart',
  'ChargePeriodEnd',
  'ChargeCategory',
  'InvoiceIssuerName',
  'ServiceCategory',
  'ServiceName',
  'ServiceProviderName',
  'HostProviderName',
];

const allowed: Readonly<Record<string, readonly string[]>> = {
  ChargeCategory: ['Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment'],
  ChargeClass: ['Correction'],
  ChargeFrequency: ['One-Time', 'Recurring', 'Usage-Based'],
  CommitmentDiscountCategory: ['Spend', 'Usage'],
  CommitmentDiscountStatus: ['Used', 'Unused'],
  PricingCategory: ['Standard', 'Dynamic', 'Committed', 'Other'],
  ServiceCategory: [
    'AI and Machine Learning',
    'Analytics',
    'Business Applications',
    'Compute',
    'Databases',
    'Developer Tools',
    'Multicloud',
    'Identity',
    'Integration',
    'Internet of Things',
    'Management and Governance',
    'Media',
    'Migration',
    'Mobile',
    'Networking',
    'Security',
    'Storage',
    'Web',
    'Other',
  ],
};

const amounts =
  /^(?:BilledCost|EffectiveCost|ListCost|ContractedCost|ListUnitPrice|ContractedUnitPrice|PricingQuantity|ConsumedQuantity|CommitmentDiscountQuantity|PricingCurrency(?:EffectiveCost|ListUnitPrice|ContractedUnitPrice))$/;
const instants = /^(?:Billing|Charge)Period(?:Start|End)$/;

/** Rules that two columns of a charge must keep together, by FOCUS. */
const together: readonly (readonly [string, (columns: Record<string, string>) => boolean])[] = [
  [
    'ChargePeriodEnd lies before ChargePeriodStart',
    (c) => (c['ChargePeriodEnd'] ?? '') < (c['ChargePeriodStart'] ?? ''),
  ],
  [
    'BillingPeriodEnd lies before BillingPeriodStart',
    (c) => (c['BillingPeriodEnd'] ?? '') <= (c['BillingPeriodStart'] ?? ''),
  ],
  [
    'ConsumedQuantity stands with a charge that is no usage',
    (c) => 'ConsumedQuantity' in c && c['ChargeCategory'] !== 'Usage',
  ],
  ['a tax has a PricingQuantity', (c) => 'PricingQuantity' in c && c['ChargeCategory'] === 'Tax'],
  ['a purchase is Usage-Based', (c) => c['ChargeCategory'] === 'Purchase' && c['ChargeFrequency'] === 'Usage-Based'],
  [
    'CommitmentDiscountStatus stands without CommitmentDiscountId',
    (c) => 'CommitmentDiscountStatus' in c && !('CommitmentDiscountId' in c),
  ],
  [
    'usage of a commitment has no CommitmentDiscountStatus',
    (c) => 'CommitmentDiscountId' in c && c['ChargeCategory'] === 'Usage' && !('CommitmentDiscountStatus' in c),
  ],
  ['ResourceId stands without ResourceType', (c) => 'ResourceId' in c && !('ResourceType' in c)],
  ['a unit is a bare number', (c) => /^[\d.,\s]+$/.test(`${c['PricingUnit'] ?? 'Units'}`)],
  ['RegionId stands without RegionName', (c) => 'RegionId' in c !== 'RegionName' in c],
  ['PricingUnit stands without PricingQuantity', (c) => 'PricingUnit' in c && !('PricingQuantity' in c)],
];

/** What is wrong with a charge that a connector made; empty where nothing is. */
export function brokenRules(charge: CostCharge): string[] {
  const { columns, tags } = charge;
  const broken = mandatory.filter((column) => (columns[column] ?? '') === '').map((column) => `${column} is missing`);
  for (const [column, value] of Object.entries(columns)) {
    if (typeof value !== 'string' || value === '') broken.push(`${column} is no text`);
    else if (amounts.test(column) && !decimal.test(value)) broken.push(`${column} is no plain exact decimal`);
    else if (instants.test(column) && !instant.test(value)) broken.push(`${column} is not ISO 8601 in UTC`);
    else if (allowed[column]?.includes(value) === false) broken.push(`${column} has a value that FOCUS does not know`);
  }
  if (!currencies.has(columns['BillingCurrency'] ?? '')) broken.push('BillingCurrency is no currency');
  for (const [name, value] of Object.entries(tags))
    if (typeof value !== 'string') broken.push(`tag ${name} is no text`);
  broken.push(...together.filter(([, breaks]) => breaks(columns)).map(([what]) => what));
  return broken;
}
