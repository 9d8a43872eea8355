import { afterEach, describe, expect, test } from '@jest/globals';
import Fastify from 'fastify';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Config } from '../config/index.ts';
import { createTelemetry, registerTracing, type Telemetry } from './index.ts';
import { startOtlpReceiver } from './otlp-receiver-fixture.ts';

const incoming = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const traceId = '0af7651916cd43dd8448eb211c80319c';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function telemetryWith(settings: Partial<Config['telemetry']> = {}) {
  const lines: Record<string, unknown>[] = [];
  const telemetry = await createTelemetry({
    config: { telemetry: { logLevel: 'info', ...settings } },
    serviceVersion: '1.2.3',
    destination: { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) },
    processMetrics: false,
  });
  closing.push(() => telemetry.close());
  return { telemetry, lines };
}

async function receiver(status?: number) {
  const started = await startOtlpReceiver(status);
  closing.push(() => started.close());
  return started;
}

function tracedApp(telemetry: Telemetry) {
  const app = Fastify({ loggerInstance: telemetry.log });
  closing.push(() => app.close());
  registerTracing(app, telemetry);
  app.post('/work/:id', async (request) => {
    await telemetry.span('warehouse.query', { 'db.system': 'clickhouse' }, async () => {
      telemetry.annotate({ rows: 7 });
    });
    request.log.info('worked');
    return { traceId: telemetry.traceId(), traceparent: telemetry.traceparent() };
  });
  app.get('/fails', async () => {
    throw new Error('engine away');
  });
  app.get('/api/healthz', async () => ({ status: 'ok' }));
  return app;
}

describe('without a collector', () => {
  test('a line of log is JSON with level, ISO time, service and message, and without secrets', async () => {
    const { telemetry, lines } = await telemetryWith();
    telemetry.log.info({ url: 'http://user:pw@host/x', headers: { authorization: 'Bearer abcdefgh' } }, 'called');
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        service: 'amadeus',
        version: '1.2.3',
        msg: 'called',
        url: 'http://[redacted]@host/x',
        headers: { authorization: '[redacted]' },
      },
    ]);
  });

  test('lines inside a span carry its trace id, lines outside none', async () => {
    const { telemetry, lines } = await telemetryWith();
    await telemetry.span('job', {}, async () => telemetry.log.info('in'), { parent: incoming });
    telemetry.log.info('out');
    expect(lines[0]).toMatchObject({ traceId, spanId: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(lines[1]).not.toHaveProperty('traceId');
  });

  test('a request continues the trace of its traceparent through the reading of its body', async () => {
    const { telemetry } = await telemetryWith();
    const answer = await tracedApp(telemetry).inject({
      method: 'POST',
      url: '/work/1',
      headers: { traceparent: incoming },
      payload: { a: 1 },
    });
    expect(answer.json()).toEqual({
      traceId,
      traceparent: expect.stringMatching(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`)),
    });
    expect(answer.json<{ traceparent: string }>().traceparent).not.toBe(incoming);
  });

  test('two requests at once keep their traces apart', async () => {
    const { telemetry } = await telemetryWith();
    const app = tracedApp(telemetry);
    const answers = await Promise.all(
      [1, 2, 3].map(async (id) =>
        (await app.inject({ method: 'POST', url: `/work/${id}`, payload: {} })).json<{ traceId: string }>(),
      ),
    );
    expect(new Set(answers.map((answer) => answer.traceId)).size).toBe(3);
  });

  test('an error leaves the span unchanged', async () => {
    const { telemetry } = await telemetryWith();
    const error = new Error('no');
    await expect(telemetry.span('x', {}, () => Promise.reject(error))).rejects.toBe(error);
    expect(telemetry.traceId()).toBeUndefined();
  });

  test('the registry names the version', async () => {
    const { telemetry } = await telemetryWith();
    expect(await telemetry.metrics.metrics()).toContain('amadeus_build_info{version="1.2.3"} 1');
  });
});

describe('with a collector', () => {
  test('a trace started by the caller continues in the request span and its children', async () => {
    const { received, url } = await receiver();
    const { telemetry } = await telemetryWith({ otlpUrl: url, otlpHeaders: { 'x-scope-orgid': 'tenant-1' } });
    const app = tracedApp(telemetry);
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    await fetch(`${address}/work/7?secret=1`, {
      method: 'POST',
      headers: { traceparent: incoming, 'content-type': 'application/json' },
      body: '{}',
    });
    await app.close();
    await telemetry.close();

    const request = received.spans.find((span) => span.name === 'POST /work/:id');
    expect(request).toMatchObject({
      traceId,
      parentSpanId: 'b7ad6b7169203331',
      kind: 2,
      attributes: { 'http.route': '/work/:id', 'url.path': '/work/7', 'http.response.status_code': 200 },
    });
    const query = received.spans.find((span) => span.name === 'warehouse.query');
    expect(query).toMatchObject({
      traceId,
      parentSpanId: request!.spanId,
      attributes: { 'db.system': 'clickhouse', rows: 7 },
    });
    expect(received.logs.find((log) => log.body === 'worked')).toMatchObject({ traceId, severityText: 'info' });
    expect(received.resources[0]).toMatchObject({ 'service.name': 'amadeus', 'service.version': '1.2.3' });
    expect(received.headers[0]).toMatchObject({ 'x-scope-orgid': 'tenant-1' });
  });

  test('a failed request is an error on its span, and probes make no span', async () => {
    const { received, url } = await receiver();
    const { telemetry } = await telemetryWith({ otlpUrl: url });
    const app = tracedApp(telemetry);
    await app.inject('/fails');
    await app.inject('/api/healthz');
    await telemetry.close();
    expect(received.spans.map((span) => [span.name, span.status.code, span.attributes['error.type']])).toEqual([
      ['GET /fails', 2, 'Error'],
    ]);
  });

  test('a caller that does not record is not recorded', async () => {
    const { received, url } = await receiver();
    const { telemetry } = await telemetryWith({ otlpUrl: url });
    await telemetry.span('x', {}, async () => {}, { parent: incoming.replace(/01$/, '00') });
    await telemetry.close();
    expect(received.spans).toEqual([]);
  });

  test('counters, gauges and histograms arrive with the values of the registry', async () => {
    const { received, url } = await receiver();
    const { telemetry } = await telemetryWith({ otlpUrl: url });
    const registers = [telemetry.metrics];
    new Counter({ name: 'amadeus_rows_total', help: 'Rows.', labelNames: ['source'], registers }).inc(
      { source: 'aws' },
      41,
    );
    new Gauge({ name: 'amadeus_waiting', help: 'Waiting.', registers }).set(3);
    const histogram = new Histogram({
      name: 'amadeus_call_duration_seconds',
      help: 'Calls.',
      buckets: [0.1, 1],
      registers,
    });
    [0.05, 0.5, 0.6, 5].forEach((value) => histogram.observe(value));
    await telemetry.close();

    expect(received.metrics.get('amadeus_rows_total')?.sum).toMatchObject({
      isMonotonic: true,
      aggregationTemporality: 2,
      dataPoints: [{ asDouble: 41, attributes: [{ key: 'source', value: { stringValue: 'aws' } }] }],
    });
    expect(received.metrics.get('amadeus_waiting')?.gauge?.dataPoints[0]).toMatchObject({ asDouble: 3 });
    expect(received.metrics.get('amadeus_call_duration_seconds')).toMatchObject({
      unit: 's',
      histogram: { dataPoints: [{ count: 4, sum: 6.15, bucketCounts: [1, 2, 1], explicitBounds: [0.1, 1] }] },
    });
  });

  test('an error in a log arrives with type, message and stack', async () => {
    const { received, url } = await receiver();
    const { telemetry } = await telemetryWith({ otlpUrl: url });
    telemetry.log.error({ err: new TypeError('bad shape'), source: 'aws' }, 'ingest failed');
    await telemetry.close();
    expect(received.logs[0]).toMatchObject({
      body: 'ingest failed',
      severityText: 'error',
      attributes: { source: 'aws', 'exception.type': 'TypeError', 'exception.message': 'bad shape' },
    });
  });

  test('a collector that refuses is counted and said once, and nothing else is disturbed', async () => {
    const { url } = await receiver(400);
    const { telemetry, lines } = await telemetryWith({ otlpUrl: url });
    await telemetry.span('x', {}, async () => {});
    await telemetry.close();
    expect(lines.map((line) => line.msg).filter((text) => String(text).includes('traces'))).toEqual([
      expect.stringContaining('Check telemetry.otlpUrl'),
    ]);
    expect(await telemetry.metrics.metrics()).toMatch(/amadeus_telemetry_export_failures_total\{signal="traces"\} 1/);
  });
});
