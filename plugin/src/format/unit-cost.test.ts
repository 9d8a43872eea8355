import { formatUnitCost } from './unit-cost';

test.each([
  ['0', '$0.00'],
  ['0.0412345', '$0.0412'],
  ['0.000001234', '$0.00000123'],
  ['0.5', '$0.500'],
  ['12.345', '$12.35'],
  ['1234.5', '$1,235'],
])('%s is shown as %s', (amount, shown) => {
  expect(formatUnitCost(amount, 'USD')).toBe(shown);
});
