import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MetricHistory, Point } from './metric-history.ts';

type Expression =
  | { kind: 'instant'; name: string; matchers: Record<string, string> }
  | { kind: 'rate'; name: string; matchers: Record<string, string>; windowMs: number }
  | { kind: 'sum' | 'max' | 'avg' | 'count'; by: readonly string[]; of: Expression }
  | { kind: 'quantile'; share: number; of: Expression };

/** The part of PromQL that graphs of workloads need. @throws Error for anything else */
function parseExpression(text: string): Expression {
  const trimmed = text.trim();
  const quantile = /^histogram_quantile\(\s*([\d.]+)\s*,(.*)\)$/s.exec(trimmed);
  if (quantile) return { kind: 'quantile', share: Number(quantile[1]), of: parseExpression(quantile[2] ?? '') };
  const aggregate = /^(sum|max|avg|count)\s*(?:by\s*\(([^)]*)\))?\s*\((.*)\)\s*(?:by\s*\(([^)]*)\))?$/s.exec(trimmed);
  if (aggregate) {
    const [, kind, before, inner = '', after] = aggregate;
    const by = (before ?? after ?? '')
      .split(',')
      .map((label) => label.trim())
      .filter((label) => label !== '');
    return { kind: kind as 'sum', by, of: parseExpression(inner) };
  }
  const rate = /^rate\(\s*([\w:]+)\s*(?:\{([^}]*)\})?\s*\[(\d+)([smh])\]\s*\)$/.exec(trimmed);
  if (rate) {
    const [, name = '', matchers, count, unit = 's'] = rate;
    const seconds = { s: 1, m: 60, h: 3600 }[unit] ?? 1;
    return { kind: 'rate', name, matchers: parseMatchers(matchers), windowMs: Number(count) * seconds * 1000 };
  }
  const instant = /^([a-zA-Z_:][\w:]*)\s*(?:\{([^}]*)\})?$/.exec(trimmed);
  if (instant) return { kind: 'instant', name: instant[1] ?? '', matchers: parseMatchers(instant[2]) };
  throw new Error(`this endpoint does not understand the expression ${JSON.stringify(trimmed.slice(0, 100))}`);
}

function parseMatchers(text = ''): Record<string, string> {
  return Object.fromEntries(
    text
      .split(',')
      .map((part) => /^\s*(\w+)\s*=\s*"([^"]*)"\s*$/.exec(part))
      .flatMap((match) => (match ? [[match[1] ?? '', match[2] ?? '']] : [])),
  );
}

function evaluate(expression: Expression, history: MetricHistory, at: number): Point[] {
  switch (expression.kind) {
    case 'instant':
      return history.latest(expression.name, expression.matchers, at);
    case 'rate':
      return history.rate(expression.name, expression.matchers, at, expression.windowMs);
    case 'quantile':
      return quantiles(expression.share, evaluate(expression.of, history, at));
    default: {
      const groups = grouped(evaluate(expression.of, history, at), expression.by);
      return [...groups.values()].map(({ labels, values }) => ({ labels, value: folded(expression.kind, values) }));
    }
  }
}

function grouped(points: readonly Point[], by: readonly string[]) {
  const groups = new Map<string, { labels: Record<string, string>; values: number[] }>();
  for (const { labels, value } of points) {
    const kept = Object.fromEntries(
      by.flatMap((label) => (labels[label] === undefined ? [] : [[label, labels[label]]])),
    );
    const key = JSON.stringify(kept);
    const group = groups.get(key) ?? { labels: kept, values: [] };
    group.values.push(value);
    groups.set(key, group);
  }
  return groups;
}

function folded(kind: 'sum' | 'max' | 'avg' | 'count', values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0);
  return kind === 'sum'
    ? sum
    : kind === 'max'
      ? Math.max(...values)
      : kind === 'count'
        ? values.length
        : sum / values.length;
}

/** As histogram_quantile: straight lines between the bounds. */
function quantiles(share: number, points: readonly Point[]): Point[] {
  const groups = new Map<string, { labels: Record<string, string>; bounds: [number, number][] }>();
  for (const { labels, value } of points) {
    const { le = '+Inf', ...rest } = labels;
    const key = JSON.stringify(rest);
    const group = groups.get(key) ?? { labels: rest, bounds: [] };
    group.bounds.push([le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), value]);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ labels, bounds }) => {
    const sorted = bounds.sort(([a], [b]) => a - b);
    const total = sorted.at(-1)?.[1] ?? 0;
    if (total <= 0) return [];
    let [below, counted] = [0, 0];
    for (const [bound, count] of sorted) {
      if (count >= share * total) {
        if (bound === Number.POSITIVE_INFINITY) return [{ labels, value: below }];
        const inside = count === counted ? 1 : (share * total - counted) / (count - counted);
        return [{ labels, value: below + inside * (bound - below) }];
      }
      [below, counted] = [bound, count];
    }
    return [];
  });
}

/** `/api/v1/query` and `/api/v1/query_range` as Prometheus answers them; false for another address. */
export async function answerQuery(
  request: IncomingMessage,
  url: URL,
  response: ServerResponse,
  parts: { history: MetricHistory; now(): number },
): Promise<boolean> {
  const isRange = url.pathname.endsWith('/api/v1/query_range');
  if (!isRange && !url.pathname.endsWith('/api/v1/query')) return false;
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const form = new URLSearchParams(body === '' ? url.search : body);
  const send = (status: number, answer: object) =>
    response
      .writeHead(status, { 'content-type': 'application/json', date: new Date(parts.now()).toUTCString() })
      .end(JSON.stringify(answer));
  try {
    const expression = parseExpression(form.get('query') ?? '');
    const data = isRange
      ? { resultType: 'matrix', result: matrix(expression, parts.history, form) }
      : { resultType: 'vector', result: vector(expression, parts, form) };
    send(200, { status: 'success', data });
  } catch (error) {
    send(400, { status: 'error', errorType: 'bad_data', error: (error as Error).message });
  }
  return true;
}

function vector(expression: Expression, parts: { history: MetricHistory; now(): number }, form: URLSearchParams) {
  const at = instant(form.get('time'), parts.now());
  return evaluate(expression, parts.history, at).map(({ labels, value }) => ({
    metric: labels,
    value: [at / 1000, String(value)],
  }));
}

function matrix(expression: Expression, history: MetricHistory, form: URLSearchParams) {
  const start = instant(form.get('start'), 0);
  const end = instant(form.get('end'), 0);
  const stepMs = Number(form.get('step') ?? '60') * 1000;
  if (!(stepMs > 0) || (end - start) / stepMs > 11_000) throw new Error('the range has more than 11,000 points');
  const series = new Map<string, { metric: Record<string, string>; values: [number, string][] }>();
  for (let at = start; at <= end; at += stepMs) {
    for (const { labels, value } of evaluate(expression, history, at)) {
      const key = JSON.stringify(labels);
      const entry = series.get(key) ?? { metric: labels, values: [] };
      entry.values.push([at / 1000, String(value)]);
      series.set(key, entry);
    }
  }
  return [...series.values()];
}

/** Seconds, or an RFC 3339 time. */
function instant(text: string | null, otherwise: number): number {
  if (text === null) return otherwise;
  return /^[\d.]+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
}
