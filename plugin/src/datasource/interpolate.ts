import type { ScopedVars } from '@grafana/data';
import type { AmadeusQuery, DimensionFilter } from './types';

/** Grafana's template service, as far as it is needed here. */
export interface Templates {
  replace(target?: string, scopedVars?: ScopedVars, format?: string | ((value: unknown) => string)): string;
}

/** Replaces dashboard variables. A variable with several values becomes several filter values, whatever they contain. */
export function interpolateQuery(query: AmadeusQuery, templates: Templates, scopedVars?: ScopedVars): AmadeusQuery {
  const one = (text: string | undefined): string | undefined =>
    text === undefined ? undefined : templates.replace(text, scopedVars);
  return {
    ...query,
    ...(query.workload === undefined ? {} : { workload: one(query.workload) }),
    ...(query.forecaster === undefined ? {} : { forecaster: one(query.forecaster) }),
    ...(query.budget === undefined ? {} : { budget: one(query.budget) }),
    ...(query.currency === undefined ? {} : { currency: one(query.currency) }),
    ...(query.groupBy === undefined
      ? {}
      : { groupBy: unique(query.groupBy.flatMap((dim) => many(dim, templates, scopedVars))) }),
    ...(query.filters === undefined ? {} : { filters: interpolateFilters(query.filters, templates, scopedVars) }),
  };
}

function interpolateFilters(
  filters: DimensionFilter[],
  templates: Templates,
  scopedVars?: ScopedVars,
): DimensionFilter[] {
  return filters
    .map(({ dim, values }) => ({
      dim: templates.replace(dim, scopedVars),
      // An empty value that was chosen stands for rows that name none.
      values: unique(values.flatMap((value) => (value === '' ? [value] : many(value, templates, scopedVars)))),
    }))
    .filter(({ dim, values }) => dim !== '' && values.length > 0);
}

function many(text: string, templates: Templates, scopedVars?: ScopedVars): string[] {
  let several: string[] | undefined;
  const whole = templates.replace(text, scopedVars, (value: unknown) => {
    const values = (Array.isArray(value) ? value : [value]).map(String);
    if (values.length > 1) several = values;
    return values[0] ?? '';
  });
  return (several ?? [whole]).filter((value) => value !== '');
}

function unique(values: string[]): string[] {
  return [...new Set(values)];
}
