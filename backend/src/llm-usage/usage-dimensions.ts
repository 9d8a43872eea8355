/** Columns by which usage can be grouped and filtered, with what people call them. All of them stand in the roll-ups. */
export const usageDimensions = {
  Provider: 'Provider',
  Model: 'Model',
  ModelVersion: 'Model version',
  Operation: 'Operation',
  Team: 'Team',
  Product: 'Product',
  Customer: 'Customer',
  Feature: 'Feature',
  Environment: 'Environment',
  x_Source: 'Source',
} as const;

export type UsageDimension = keyof typeof usageDimensions;
export const usageDimensionNames = Object.keys(usageDimensions) as UsageDimension[];

/** Dimensions of one answer. More make a table that nobody reads. */
export const maxUsageDimensions = 4;

export function isUsageDimension(name: string): name is UsageDimension {
  return Object.hasOwn(usageDimensions, name);
}
