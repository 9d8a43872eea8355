import type { SourceContext, SourceProbe } from '../anycost/index.ts';
import { isAppError } from '../platform/errors/index.ts';
import { PrometheusClient } from '../workloads/index.ts';
import type { HourWindow, QueriedSeries } from './prometheus-hours.ts';

const timeoutMs = 60_000;
const maxSeries = 200_000;

export interface ServerSettings {
  url: string;
  token?: string | undefined;
}

/** A query that is asked for each step of the hour, or once at its end. */
export interface HourQuery {
  name: string;
  expression: string;
  once?: boolean;
}

function clientOf(
  context: Pick<SourceContext, 'outgoing' | 'secret'>,
  { url, token }: ServerSettings,
): PrometheusClient {
  const bearer = token === undefined ? {} : { bearerToken: context.secret(token) };
  return new PrometheusClient(context.outgoing, { url, timeoutMs, ...bearer });
}

/** Answers of the queries, one after the other: heavy ones at once would be felt by those who watch their dashboards. */
export async function* askHour(
  context: Pick<SourceContext, 'outgoing' | 'secret' | 'signal'>,
  settings: ServerSettings,
  window: HourWindow,
  queries: readonly HourQuery[],
): AsyncGenerator<QueriedSeries> {
  const client = clientOf(context, settings);
  for (const { name, expression, once } of queries) {
    const { series } = await client.range({
      query: expression,
      start: new Date(once === true ? window.to : window.from + window.stepMs),
      end: new Date(window.to),
      stepSeconds: window.stepMs / 1000,
      maxSeries,
      signal: context.signal,
    });
    for (const { metric, values } of series) yield { query: name, metric, values };
  }
}

/** Whether Prometheus answers and knows any of the metrics. */
export async function probePrometheus(
  context: SourceContext,
  settingsOf: () => ServerSettings,
  metric: string,
  help: string,
): Promise<SourceProbe> {
  try {
    const count = await clientOf(context, settingsOf()).number(`count(${metric})`, context.clock.now(), context.signal);
    if (count !== undefined && count > 0)
      return { ok: true, message: `Prometheus knows ${count} series of ${metric}.` };
    return { ok: false, message: `Prometheus answers, but knows no ${metric}.`, help };
  } catch (error) {
    return { ok: false, message: (error as Error).message, ...(isAppError(error) ? { help: error.help } : {}) };
  }
}
