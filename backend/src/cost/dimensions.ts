/** Columns by which cost can be grouped and filtered, with what people call them. All of them stand in the roll-ups. */
export const dimensions = {
  ProviderName: 'Provider',
  ServiceCategory: 'Service category',
  ServiceName: 'Service',
  ChargeCategory: 'Charge category',
  SubAccountName: 'Account',
  RegionId: 'Cloud region',
  x_Source: 'Source',
  x_Team: 'Team',
  x_Product: 'Product',
  x_Customer: 'Customer',
  x_Feature: 'Feature',
  x_Environment: 'Environment',
  x_Model: 'Model',
} as const;

export type Dimension = keyof typeof dimensions;
export const dimensionNames = Object.keys(dimensions) as Dimension[];

export const metrics = ['BilledCost', 'EffectiveCost', 'ListCost', 'ContractedCost'] as const;
export type Metric = (typeof metrics)[number];

/** Dimensions of one answer. More make a table that nobody reads and a group for every line. */
export const maxDimensions = 4;

export function isDimension(name: string): name is Dimension {
  return Object.hasOwn(dimensions, name);
}

export function isMetric(name: string): name is Metric {
  return (metrics as readonly string[]).includes(name);
}
