import type { DimensionFilter } from '../datasource/types';
import type { Params } from './client';

export interface CostScope {
  filters: DimensionFilter[];
  currency: string;
}

/** Filters as the service reads them: `x_Team:search,ads`, a comma or backslash within a value escaped by a backslash. */
export function filterParams(filters: readonly DimensionFilter[]): string[] {
  return filters
    .filter(({ dim, values }) => dim !== '' && values.length > 0)
    .map(({ dim, values }) => `${dim}:${values.map((value) => value.replace(/[\\,]/g, '\\$&')).join(',')}`);
}

/** The other way round. An empty value stands: it asks for rows that have none. */
export function parseFilters(texts: readonly string[]): DimensionFilter[] {
  return texts.flatMap((text) => {
    const colon = text.indexOf(':');
    return colon < 1 ? [] : [{ dim: text.slice(0, colon), values: splitValues(text.slice(colon + 1)) }];
  });
}

function splitValues(text: string): string[] {
  const values: string[] = [];
  let value = '';
  for (let at = 0; at < text.length; at++) {
    const escaped = text[at] === '\\' && at + 1 < text.length;
    if (text[at] === ',') {
      values.push(value);
      value = '';
    } else {
      value += escaped ? text[++at]! : text[at]!;
    }
  }
  return [...values, value];
}

/** What every question about cost carries: range, filters and currency. */
export function scopeParams(scope: CostScope, range: { from: string; to: string }): Params {
  return { from: range.from, to: range.to, filter: filterParams(scope.filters), currency: scope.currency };
}
