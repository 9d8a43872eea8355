import type { Static, TSchema } from 'typebox';
import Value from 'typebox/value';
import { AppError, isAppError } from '../platform/errors/index.ts';
import type { Scope } from '../platform/identity/index.ts';
import {
  AnnotationQuerySchema,
  BudgetQuerySchema,
  CostPanelQuerySchema,
  DriversQuerySchema,
  ExperimentsQuerySchema,
  GpuQuerySchema,
  QualityQuerySchema,
  ReconciliationQuerySchema,
  RoutingQuerySchema,
  ServiceQuerySchema,
  ShowbackQuerySchema,
  SourcesQuerySchema,
  TrafficQuerySchema,
  UnitQuerySchema,
  UsageQuerySchema,
  type AnnotationQuery,
  type CostPanelQuery,
  type QueryResult,
  type ServiceQuery,
  type TrafficQuery,
} from './contract.ts';
import { costSeries, costTable, grain } from './cost-frames.ts';
import { budget, drivers, gpu, quality, showback, unit, usage, type FinopsSources } from './finops-queries.ts';
import type { FrameJson } from './frame.ts';
import { onlyNumber } from './only-number.ts';
import { reconciliationTable, sourcesTable } from './operations-frames.ts';
import type {
  ChangeSource,
  CostSource,
  ReconciliationSource,
  ExperimentsSource,
  RoutingSource,
  ServiceSource,
  SourcesSource,
  TrafficSource,
  EventSource,
  HealingSource,
  ScalingSource,
} from './ports.ts';
import { experiments, routing } from './routing-queries.ts';
import { serviceTable } from './service-frames.ts';
import {
  annotationFrame,
  capacityColumn,
  scalingFrame,
  surpriseFrame,
  surprises,
  trafficFrames,
  type SeriesChoice,
} from './traffic-frames.ts';

export interface PanelSources extends FinopsSources {
  cost: CostSource;
  traffic: TrafficSource;
  changes: ChangeSource;
  sources: SourcesSource;
  reconciliation: ReconciliationSource;
  service: ServiceSource;
  /** Absent where no room knows of it. */
  scaling?: ScalingSource;
  events?: EventSource;
  healing?: HealingSource;
  routing?: RoutingSource;
  experiments?: ExperimentsSource;
  now(): Date;
}

const DEFAULT_POINTS = 1000;
const MOST_POINTS = 20_000;
/** The longest span of minutes that one panel may ask for. */
const MOST_TRAFFIC_MS = 92 * 86_400_000;
const kinds = [
  'traffic',
  'cost',
  'unit',
  'usage',
  'routing',
  'experiments',
  'budget',
  'showback',
  'drivers',
  'gpu',
  'quality',
  'sources',
  'reconciliation',
  'service',
  'annotations',
] as const;

interface AskedQuery {
  refId: string;
  queryType?: string;
  /** The only field of numbers that is asked for. */
  number?: string;
}

/** Answers each query on its own: one that fails says why under its refId, the others stand. */
export async function answerQueries(
  queries: readonly AskedQuery[],
  sources: PanelSources,
  scope: Scope,
): Promise<Record<string, QueryResult>> {
  const results = await Promise.all(
    queries.map(async (query): Promise<[string, QueryResult]> => {
      try {
        const frames = await answerOne(query, sources, scope);
        const { number = '' } = query;
        return [
          query.refId,
          { status: 200, frames: number === '' ? frames : frames.map((one) => onlyNumber(one, number)) },
        ];
      } catch (error) {
        return [query.refId, failure(error)];
      }
    }),
  );
  return Object.fromEntries(results);
}

function answerOne(
  query: { refId: string; queryType?: string },
  sources: PanelSources,
  scope: Scope,
): Promise<readonly FrameJson[]> {
  switch (query.queryType) {
    case 'traffic':
      return traffic(checked(TrafficQuerySchema, query), sources, scope);
    case 'cost':
      return cost(checked(CostPanelQuerySchema, query), sources, scope);
    case 'annotations':
      return annotations(checked(AnnotationQuerySchema, query), sources, scope);
    case 'unit':
      return unit(checked(UnitQuerySchema, query), sources, scope);
    case 'usage':
      return usage(checked(UsageQuerySchema, query), sources, scope);
    case 'routing':
      return routing(checked(RoutingQuerySchema, query), sources, scope);
    case 'experiments':
      return experiments(checked(ExperimentsQuerySchema, query), sources, scope);
    case 'budget':
      return budget(checked(BudgetQuerySchema, query), sources, scope);
    case 'showback':
      return showback(checked(ShowbackQuerySchema, query), sources, scope);
    case 'drivers':
      return drivers(checked(DriversQuerySchema, query), sources, scope);
    case 'gpu':
      return gpu(checked(GpuQuerySchema, query), sources, scope);
    case 'quality':
      return quality(checked(QualityQuerySchema, query), sources, scope);
    case 'sources':
      checked(SourcesQuerySchema, query);
      return sources.sources
        .sources(scope)
        .then((all) => (all.length === 0 ? [] : [sourcesTable(query.refId, all, sources.now())]));
    case 'reconciliation':
      return reconciliation(checked(ReconciliationQuerySchema, query), sources, scope);
    case 'service':
      return service(checked(ServiceQuerySchema, query), sources);
    default:
      throw new AppError(
        'BAD_REQUEST',
        `The query type ${JSON.stringify(query.queryType ?? '')} does not exist; use ${kinds.join(', ')}.`,
      );
  }
}

function checked<S extends TSchema>(schema: S, query: unknown): Static<S> {
  const filled = Value.Default(schema, Value.Clone(query));
  const errors = [...Value.Errors(schema, filled)];
  if (errors.length > 0) {
    const list = errors
      .slice(0, 5)
      .map((error) => `${error.instancePath.slice(1).replaceAll('/', '.') || 'query'} ${error.message}`);
    throw new AppError('VALIDATION_FAILED', `The query is not complete: ${list.join('; ')}.`, {
      help: 'Open the query editor and choose again.',
    });
  }
  const { from, to } = filled as { from: number; to: number };
  if (!(to > from))
    throw new AppError('BAD_REQUEST', 'The time range ends before it begins.', { help: 'Choose another time range.' });
  return filled as Static<S>;
}

async function busiest(asked: string, sources: PanelSources, scope: Scope): Promise<string | undefined> {
  if (asked !== '') return asked;
  return (await sources.traffic.workloads(scope))[0]?.workload;
}

async function traffic(query: TrafficQuery, sources: PanelSources, scope: Scope): Promise<FrameJson[]> {
  if (query.to - query.from > MOST_TRAFFIC_MS) {
    throw new AppError('QUERY_LIMIT', 'A panel can show at most 92 days of minutes.', {
      help: 'Choose a shorter time range.',
    });
  }
  const workload = await busiest(query.workload, sources, scope);
  if (workload === undefined) return [];
  const range = { workload, from: new Date(query.from), to: new Date(query.to) };
  const chosen: readonly SeriesChoice[] = query.series?.length
    ? query.series
    : ['actual', 'predicted', 'band', 'replicas'];
  const series = await sources.traffic.series(
    {
      ...range,
      horizonMinutes: query.horizonMinutes ?? 10,
      ...(query.forecaster === undefined || query.forecaster === '' ? {} : { forecaster: query.forecaster }),
    },
    scope,
  );
  const points = Math.min(MOST_POINTS, Math.max(2, query.maxDataPoints ?? DEFAULT_POINTS));
  if (!sources.scaling || !chosen.includes('capacity')) return trafficFrames(query.refId, series, chosen, points);
  const capacity = capacityColumn(series.minutes, await sources.scaling.capacity(range, scope));
  return trafficFrames(query.refId, { ...series, capacity }, chosen, points);
}

async function cost(query: CostPanelQuery, sources: PanelSources, scope: Scope): Promise<FrameJson[]> {
  const groupBy = query.groupBy ?? [];
  const format = query.format ?? 'timeseries';
  const asked = format === 'timeseries' && query.granularity === 'total' ? 'auto' : (query.granularity ?? 'auto');
  const answer = await sources.cost.summary(
    {
      metric: query.metric ?? 'EffectiveCost',
      dims: groupBy,
      from: new Date(query.from),
      to: new Date(query.to),
      granularity: grain(asked, query.to - query.from),
      filters: (query.filters ?? []).filter((filter) => filter.values.length > 0),
      ...(query.currency === undefined || query.currency === '' ? {} : { currency: query.currency }),
      limit: query.limit ?? 10,
    },
    scope,
  );
  if (answer.rows.length === 0) return [];
  return format === 'table' ? [costTable(query.refId, answer, groupBy)] : costSeries(query.refId, answer, groupBy);
}

async function annotations(query: AnnotationQuery, sources: PanelSources, scope: Scope): Promise<FrameJson[]> {
  const from = new Date(query.from);
  const to = new Date(query.to);
  if (query.kind === 'changes') {
    const marks = await sources.changes.between({ from, to }, scope);
    return [
      annotationFrame(
        query.refId,
        marks.map((mark) => ({
          from: mark.at.getTime(),
          to: mark.at.getTime(),
          title: `${mark.kind} ${mark.state}`,
          text: `${mark.target}: ${mark.reason} (${mark.author})`,
          tags: ['change', mark.kind, mark.state],
        })),
      ),
    ];
  }
  const named = query.workload ? { workload: query.workload } : {};
  if (query.kind === 'scaling') {
    return [scalingFrame(query.refId, (await sources.scaling?.marks({ ...named, from, to }, scope)) ?? [])];
  }
  if (query.kind === 'events') return [await eventFrame(query.refId, { ...named, from, to }, sources, scope)];
  if (query.kind === 'healing') {
    const marks = (await sources.healing?.marks({ ...named, from, to }, scope)) ?? [];
    const until = Math.min(to.getTime(), sources.now().getTime());
    return [
      annotationFrame(
        query.refId,
        marks.map((mark) => ({ ...mark, from: mark.from.getTime(), to: mark.to?.getTime() ?? until })),
      ),
    ];
  }
  const workload = await busiest(query.workload ?? '', sources, scope);
  if (workload === undefined) return [];
  const series = await sources.traffic.series({ workload, from, to, horizonMinutes: 10 }, scope);
  return [surpriseFrame(query.refId, workload, surprises(series))];
}

async function reconciliation(
  query: { refId: string; from: number; to: number },
  sources: PanelSources,
  scope: Scope,
): Promise<FrameJson[]> {
  const span = { from: new Date(query.from), to: new Date(query.to) };
  const answer = await sources.reconciliation.reconciliation(span, scope);
  return answer.providers.length === 0 ? [] : [reconciliationTable(query.refId, answer)];
}

async function service({ refId, by }: ServiceQuery, { service: own, now }: PanelSources): Promise<FrameJson[]> {
  const [metrics, warehouse, store] = await Promise.all([own.metrics(), own.warehouseAnswers(), own.storeAnswers()]);
  return [serviceTable(refId, by ?? 'vitals', metrics, { warehouse, store }, now())];
}

async function eventFrame(
  refId: string,
  query: { workload?: string; from: Date; to: Date },
  { events }: PanelSources,
  scope: Scope,
): Promise<FrameJson> {
  const known = (await events?.list(query, scope)) ?? [];
  // A sale that is given for each workload by itself is one mark: drawn over one another they would hide the chart.
  const same = Map.groupBy(known, ({ name, startsAt, endsAt }) =>
    JSON.stringify([name, startsAt.getTime(), endsAt.getTime()]),
  );
  return annotationFrame(
    refId,
    [...same.values()].map((of) => {
      const workloads = of.flatMap(({ workload }) => workload ?? []);
      const notes = new Set(of.map(({ note }) => note).filter((note) => note !== ''));
      return {
        from: of[0]!.startsAt.getTime(),
        to: of[0]!.endsAt.getTime(),
        title: of[0]!.name,
        text: notes.size > 0 ? [...notes].join(' ') : workloads.join(', '),
        tags: ['event', ...workloads],
      };
    }),
  );
}

function failure(error: unknown): QueryResult {
  if (!isAppError(error)) throw error;
  return {
    status: error.status,
    error: `${error.message} ${error.help}`.trim(),
    errorSource: error.status >= 500 ? 'downstream' : 'plugin',
  };
}
