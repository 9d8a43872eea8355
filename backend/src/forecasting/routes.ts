import type { Static } from 'typebox';
import { AppError } from '../platform/errors/index.ts';
import type { App } from '../platform/http/index.ts';
import type { Caller } from '../platform/identity/index.ts';
import type { Clock } from '../platform/clock/index.ts';
import {
  AccuracyQuerySchema,
  AccuracySchema,
  ModelQuerySchema,
  ModelSchema,
  PinBodySchema,
  PinProposedSchema,
  SeriesQuerySchema,
  SeriesSchema,
  TwoPartParamsSchema,
  WorkloadParamsSchema,
  type Accuracy,
  type Model,
  type Series,
} from './contract.ts';
import { horizonMinutes } from './forecaster.ts';
import type { Traffic } from './traffic.ts';

export interface ForecastingDoors {
  traffic: Pick<Traffic, 'series' | 'accuracy' | 'model'>;
  stepMs: number;
  clock: Clock;
  /** The network that all workloads share; null where it cannot run here. */
  network(): Promise<Model['network']>;
  proposePin(
    pin: { workload: string; forecaster: string | null; reason: string },
    caller: Caller,
  ): Promise<{ changeId: number; state: string }>;
}

const iso = (at: number): string => new Date(at).toISOString();

export function forecastingRoutes(app: App, doors: ForecastingDoors): void {
  // Some proxies decode `%2F`; then an id of two parts arrives as two.
  for (const isDecoded of [false, true]) {
    const base = isDecoded ? '/api/traffic/:namespace/:workload' : '/api/traffic/:workload';
    const shared = {
      tags: ['traffic'],
      params: isDecoded ? TwoPartParamsSchema : WorkloadParamsSchema,
      ...(isDecoded ? { hide: true } : {}),
    };
    app.get(
      `${base}/series`,
      {
        config: { permission: 'traffic:read' },
        schema: {
          ...shared,
          summary: 'Requests that came, what was predicted for them, and the minutes ahead',
          querystring: SeriesQuerySchema,
          response: { 200: SeriesSchema },
        },
      },
      (request) => series(doors, idOf(request.params), request.query, request.caller, request.signal),
    );
    app.get(
      `${base}/accuracy`,
      {
        config: { permission: 'traffic:read' },
        schema: {
          ...shared,
          summary: 'How well each forecaster did, by minutes ahead, with persistence beside',
          querystring: AccuracyQuerySchema,
          response: { 200: AccuracySchema },
        },
      },
      (request) => accuracy(doors, idOf(request.params), request.query, request.caller, request.signal),
    );
    app.get(
      `${base}/model`,
      {
        config: { permission: 'traffic:read' },
        schema: {
          ...shared,
          summary: 'Who speaks for a workload and why, what was noticed about its samples, and how its training went',
          querystring: ModelQuerySchema,
          response: { 200: ModelSchema },
        },
      },
      (request) => model(doors, idOf(request.params), request.query.region, request.caller),
    );
    app.post(
      `${base}/pin`,
      {
        config: { permission: 'changes:propose' },
        schema: {
          ...shared,
          summary: 'Propose which forecaster speaks for a workload',
          body: PinBodySchema,
          response: { 202: PinProposedSchema },
        },
      },
      async (request, reply) => {
        const pin = { workload: idOf(request.params), ...request.body };
        return reply.code(202).send(await doors.proposePin(pin, request.caller));
      },
    );
  }
}

function idOf(params: { namespace?: string; workload: string }): string {
  return params.namespace === undefined ? params.workload : `${params.namespace}/${params.workload}`;
}

async function series(
  { traffic, stepMs, clock }: ForecastingDoors,
  workload: string,
  query: Static<typeof SeriesQuerySchema>,
  caller: Caller,
  signal: AbortSignal,
): Promise<Series> {
  const to =
    query.to === undefined ? new Date(clock.now().getTime() + horizonMinutes * stepMs) : instant('to', query.to);
  const from = query.from === undefined ? new Date(to.getTime() - 60 * stepMs) : instant('from', query.from);
  const { horizon, forecaster, region } = query;
  const answer = await traffic.series(
    {
      ...{ workload, from, to, horizonMinutes: horizon },
      ...(forecaster === undefined ? {} : { forecaster }),
      ...(region === undefined ? {} : { region }),
    },
    caller.scope,
    signal,
  );
  const { ahead } = answer;
  return {
    ...answer,
    minutes: answer.minutes.map(iso),
    ahead: ahead ? { ...ahead, issuedAt: ahead.issuedAt.toISOString(), minutes: ahead.minutes.map(iso) } : null,
  };
}

async function accuracy(
  { traffic, clock, stepMs }: ForecastingDoors,
  workload: string,
  query: Static<typeof AccuracyQuerySchema>,
  caller: Caller,
  signal: AbortSignal,
): Promise<Accuracy> {
  const to = clock.now();
  const from = new Date(to.getTime() - minutesOf(query.range) * stepMs);
  const of = { workload, from, to, ...(query.region === undefined ? {} : { region: query.region }) };
  const { region, rows, champion } = await traffic.accuracy(of, caller.scope, signal);
  const forecasters = rows.map(({ forecaster, horizon, n, mae, rmse, mape, coverage }) => ({
    ...{ forecaster, horizon, n, mae, rmse, mape, coverage },
  }));
  return {
    workload,
    region,
    from: from.toISOString(),
    to: to.toISOString(),
    forecasters,
    champion: champion.forecaster,
    pinned: champion.pinned,
    evidence: champion.evidence,
    persistence: forecasters.find((row) => row.forecaster === 'persistence' && row.horizon === horizonMinutes) ?? null,
  };
}

async function model(
  { traffic, network }: ForecastingDoors,
  workload: string,
  asked: string | undefined,
  caller: Caller,
): Promise<Model> {
  const query = { workload, ...(asked === undefined ? {} : { region: asked }) };
  const { region, champion, noticed, tunings } = await traffic.model(query, caller.scope);
  const isFirst = champion.since.getTime() === 0;
  return {
    workload,
    region,
    champion: champion.forecaster,
    pinned: champion.pinned,
    since: isFirst ? null : champion.since.toISOString(),
    evidence: champion.evidence,
    drift: noticed?.drift ?? null,
    notices: noticed?.notices ?? [],
    noticedAt: noticed?.at.toISOString() ?? null,
    tunings: tunings.map(({ version, accepted, lessons, steps, seconds, lossBefore, lossAfter, ...times }) => ({
      ...{ version, accepted, lessons, steps, seconds, lossBefore, lossAfter },
      trainedFrom: times.trainedFrom.toISOString(),
      trainedUntil: times.trainedUntil.toISOString(),
      createdAt: times.createdAt.toISOString(),
    })),
    network: await network(),
  };
}

const minutesIn = { m: 1, h: 60, d: 1440 } as const;

function minutesOf(range: string): number {
  return Number(range.slice(0, -1)) * minutesIn[range.at(-1) as keyof typeof minutesIn];
}

function instant(name: string, text: string): Date {
  const at = new Date(/^\d{10,13}$/.test(text) ? Number(text) * (text.length > 11 ? 1 : 1000) : text);
  const year = at.getUTCFullYear();
  if (!Number.isNaN(at.getTime()) && year >= 1970 && year < 2100) return at;
  throw new AppError('BAD_REQUEST', `\`${name}\` is not an instant: ${JSON.stringify(text.slice(0, 40))}.`, {
    help: 'Write it as 2026-11-21T09:00:00Z.',
  });
}
