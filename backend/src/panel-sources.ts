import type { FinopsRooms } from './compose-finops.ts';
import type { FinopsSources, ReconciliationSource, Selection } from './grafana/index.ts';
import { isUsageDimension, usageDimensions, type UsageDimension } from './llm-usage/index.ts';
import type { Clock } from './platform/clock/index.ts';
import { AppError } from './platform/errors/index.ts';

const valuesSpanMs = 90 * 86_400_000;
const mostValues = 1_000;

/** The rooms of FinOps as panels ask them. */
export function finopsSources(rooms: FinopsRooms, clock: Clock): FinopsSources {
  const { unitEconomics, llmUsage, budgets, allocation, clusters, quality } = rooms;
  return {
    units: {
      cards: (query, scope) => unitEconomics.cards(selected(query), scope),
      breakdown: ({ by, limit, ...query }, scope) => unitEconomics.breakdown({ ...selected(query), by, limit }, scope),
      drivers: ({ dims, limit, ...query }, scope) =>
        unitEconomics.drivers({ ...selected(query), dims: dims.join(','), limit }, scope),
    },
    usage: {
      dimensions: Object.entries(usageDimensions).map(([value, text]) => ({ text, value })),
      values: async (dimension, search, scope) => {
        const to = clock.now();
        const from = new Date(to.getTime() - valuesSpanMs);
        const asked = { dims: [known(dimension)], from, to, granularity: 'total', limit: mostValues } as const;
        const { rows } = await llmUsage.llmUsage.summary(asked, scope);
        const wanted = search.toLowerCase();
        return rows
          .filter(({ other }) => other !== true)
          .map(({ keys }) => keys[dimension] ?? '')
          .filter((value) => value.toLowerCase().includes(wanted));
      },
      summary: ({ dims, filters, ...query }, scope) =>
        llmUsage.llmUsage.summary(
          {
            ...query,
            dims: dims.map(known),
            filters: filters.map(({ dim, values }) => ({ dim: known(dim), values })),
            latency: true,
          },
          scope,
        ),
    },
    budgets,
    showback: allocation,
    gpu: {
      accounting: ({ from, to }, scope) =>
        clusters.accounting.accounting({ from: from.toISOString(), to: to.toISOString() }, scope),
    },
    quality: {
      quality: ({ from, to, currency }, scope) =>
        quality.report({ from: day(from), to: day(to), ...(currency === undefined ? {} : { currency }) }, scope),
    },
  };
}

const dayMs = 86_400_000;
const longestDays = 92;

/** Bills beside estimates, on the days that hold a span. */
export function reconciliationSource({ reconciliation }: FinopsRooms): ReconciliationSource {
  return {
    reconciliation: (asked, scope) => {
      const from = new Date(Math.floor(asked.from.getTime() / dayMs) * dayMs);
      const to = new Date(Math.ceil(asked.to.getTime() / dayMs) * dayMs);
      if (to.getTime() - from.getTime() > longestDays * dayMs)
        throw new AppError('QUERY_LIMIT', `Bills and estimates are compared over at most ${longestDays} days.`, {
          help: 'Choose a shorter time range.',
        });
      return reconciliation({ from, to }, scope);
    },
  };
}

function known(dimension: string): UsageDimension {
  if (isUsageDimension(dimension)) return dimension;
  throw new AppError('VALIDATION_FAILED', 'Usage of language models has no such dimension.', {
    help: `Use ${Object.keys(usageDimensions).join(', ')}.`,
  });
}

const day = (at: Date): string => at.toISOString().slice(0, 10);

/** A selection as the parameters of an address say it. */
function selected({ from, to, filters, currency }: Selection) {
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    filter: filters.map(
      ({ dim, values }) => `${dim}:${values.map((value) => value.replace(/[\\,]/g, '\\$&')).join(',')}`,
    ),
    ...(currency === undefined ? {} : { currency }),
  };
}
