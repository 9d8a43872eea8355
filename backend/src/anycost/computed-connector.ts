import Type from 'typebox';
import type { Connector, CostCharge } from './connector.ts';

/**
 * Charges that the service computed itself. They go through the lake as files do, so that they too can be traced, loaded
 * again under other rules, and rebuilt. Not a kind that anybody can send.
 */
export const computedConnector: Connector = {
  kind: 'computed',
  title: 'Computed by Amadeus',
  endpoint: 'cloud-usage',
  settings: Type.Object({}),
  format: 'ndjson',
  map: () => ({ map: ({ value }) => [{ kind: 'charge', charge: value as CostCharge }] }),
};
