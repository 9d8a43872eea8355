import { AppError } from '../platform/errors/index.ts';
import {
  dayMs,
  dimensions,
  isDimension,
  parseFilters,
  parseRange,
  type Filter,
  type Metric,
  type Span,
} from '../cost/index.ts';
import type { CardsQuery as Asked } from './contract.ts';

/** What an answer is about: whole UTC days, and as many before them. */
export interface Selection {
  span: Span;
  previous: Span;
  metric: Metric;
  currency?: string;
  filters: readonly Filter[];
}

/** Dimensions that both bills and usage tell, with their columns of usage. */
export const sharedDimensions = {
  x_Team: 'Team',
  x_Product: 'Product',
  x_Customer: 'Customer',
  x_Feature: 'Feature',
  x_Environment: 'Environment',
} as const;
export type SharedDimension = keyof typeof sharedDimensions;

export function isShared(name: string): name is SharedDimension {
  return Object.hasOwn(sharedDimensions, name);
}

/** @throws AppError VALIDATION_FAILED with what is wrong */
export function selectionOf(asked: Asked, now: Date): Selection {
  const { range, from, to, metric = 'EffectiveCost', currency } = asked;
  const parsed = parseRange(
    {
      ...(range === undefined ? {} : { range }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    },
    now,
  );
  if (!parsed.ok) throw new AppError('VALIDATION_FAILED', parsed.reason);
  const { previous, ...asSpan } = parsed.range;
  const span = wholeDays(asSpan);
  const isSameLength = previous.to === asSpan.from && previous.to - previous.from === asSpan.to - asSpan.from;
  return {
    span,
    previous: isSameLength ? { from: 2 * span.from - span.to, to: span.from } : wholeDays(previous),
    metric,
    filters: filtersOf(asked.filter),
    ...(currency === undefined ? {} : { currency: currency.toUpperCase() }),
  };
}

/** Dimensions of the filters that usage of models does not tell. */
export function billOnly(filters: readonly Filter[]): string[] {
  return filters.map(({ dim }) => dim).filter((dim) => !isShared(dim) && dim !== 'x_Model' && dim !== 'ProviderName');
}

/** The same as people call them, for a sentence. */
export function billOnlyNames(filters: readonly Filter[]): string {
  const names = billOnly(filters).map((dim) => (isDimension(dim) ? dimensions[dim].toLowerCase() : dim));
  return [...new Set(names)].join(', ');
}

function filtersOf(text: string | string[] | undefined): Filter[] {
  const texts = text === undefined ? [] : Array.isArray(text) ? text : [text];
  if (texts.some((one) => one.includes('\0')))
    throw new AppError('VALIDATION_FAILED', 'A value holds a NUL character; leave it out.');
  const parsed = parseFilters(texts, isDimension);
  if (!parsed.ok) throw new AppError('VALIDATION_FAILED', parsed.reason);
  return parsed.filters;
}

function wholeDays({ from, to }: Span): Span {
  return { from: Math.floor(from / dayMs) * dayMs, to: Math.ceil(to / dayMs) * dayMs };
}
