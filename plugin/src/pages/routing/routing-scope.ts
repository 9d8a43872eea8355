import type { DimensionFilter } from '../../datasource/types';
import { filterParams } from '../../service/cost-params';

/** Dimensions of bills that calls through the gateway have too. */
const routingNames: Readonly<Record<string, string>> = {
  x_Team: 'team',
  x_Product: 'product',
  x_Customer: 'customer',
  x_Feature: 'feature',
  x_Model: 'model',
};

export interface RoutingScope {
  filters: DimensionFilter[];
  /** Dimensions of the page's scope that calls do not have. */
  left: string[];
}

/** The scope of the page as calls through the gateway understand it. */
export function routingScope(filters: readonly DimensionFilter[]): RoutingScope {
  const known = filters.filter(({ dim }) => dim in routingNames);
  return {
    filters: known.map(({ dim, values }) => ({ dim: routingNames[dim]!, values })),
    left: filters.filter(({ dim }) => !(dim in routingNames)).map(({ dim }) => dim.replace(/^x_/, '')),
  };
}

/** A span and filters as the service reads them. */
export function routingParams(
  range: { from: { toISOString(): string }; to: { toISOString(): string } },
  filters: readonly DimensionFilter[],
) {
  return { from: range.from.toISOString(), to: range.to.toISOString(), filter: filterParams(filters) };
}
