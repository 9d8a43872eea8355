import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { context, SpanKind, SpanStatusCode, trace, type Attributes, type Span } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AggregationTemporality, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';
import { createHttpServer, type App } from '../platform/http/index.ts';
import { permissions, type Caller, type Permission } from '../platform/identity/index.ts';
import { everything, openUsageStand, testPrices, type UsageStand } from './fixtures/usage-stand.ts';
import { createLlmUsageRoom, type LlmUsageRoom } from './index.ts';

let stand: UsageStand;
let app: App;
let room: LlmUsageRoom;
let address: string;

function caller(token: string): Caller {
  const granted: readonly Permission[] = token === 'reader' ? ['cost:read'] : permissions;
  const scope = token.startsWith('region:') ? { ...everything, regions: [token.slice(7)] } : everything;
  return { kind: 'program', id: `key:${token}`, name: token, roles: [], permissions: new Set(granted), scope };
}

const settings: Record<string, Record<string, unknown>> = {
  'metrics-only': { count: 'metrics' },
  'own-names': { team: ['app.squad'], customer: ['app.account'], inputExcludesCache: true },
};

beforeAll(async () => {
  stand = await openUsageStand();
  room = createLlmUsageRoom(stand.platform, {
    prices: testPrices,
    findSource: async (_tenant, name) =>
      settings[name] && { name, kind: 'otel-genai', region: 'default', settings: settings[name] },
    rules: async () => ({
      protect: (fields) => ({ ...fields, ...(fields['user.id'] === undefined ? {} : { 'user.id': 'masked' }) }),
      enrich: (charge) => ({ ...charge, tagSource: {} }),
      version: '1',
    }),
  });
  app = await createHttpServer({
    ...stand.platform,
    version: '0.0.0-test',
    identity: {
      anonymous: caller('nobody'),
      authenticate: async (headers) => caller(String(headers.authorization ?? 'sender').replace('Bearer ', '')),
    },
    audit: { record: async () => undefined },
    checks: {},
  });
  await app.register(async (scope) => room.routes!(scope as unknown as App));
  address = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await app.close();
  await stand.close();
});

const resource = resourceFromAttributes({
  'service.name': 'assistant',
  'deployment.environment.name': 'staging',
});
const at = Date.parse('2026-11-19T10:15:00Z');

const chat: Attributes = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4.1',
  'gen_ai.response.model': 'gpt-4.1',
  'gen_ai.usage.input_tokens': 1_000,
  'gen_ai.usage.output_tokens': 100,
  'gen_ai.usage.cache_read.input_tokens': 400,
  'gen_ai.usage.reasoning.output_tokens': 60,
  'session.id': 's1',
  'user.id': 'jane@example.com',
  team: 'assist',
  customer: 'acme',
};

/** Spans of an application: an agent with a call and a tool below it, and a call that fails. */
function runApplication(provider: TracerProvider): void {
  const tracer = provider.getTracer('test');
  const under = (parent: Span) => trace.setSpan(context.active(), parent);
  const agent = tracer.startSpan('invoke_agent helper', {
    startTime: at,
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.request.model': 'gpt-4.1',
      'gen_ai.usage.input_tokens': 1_000,
      'gen_ai.usage.output_tokens': 100,
    },
  });
  const call = tracer.startSpan(
    'chat gpt-4.1',
    { kind: SpanKind.CLIENT, startTime: at + 5, attributes: chat },
    under(agent),
  );
  tracer
    .startSpan(
      'execute_tool search',
      { startTime: at + 6, attributes: { 'gen_ai.operation.name': 'execute_tool' } },
      under(agent),
    )
    .end(at + 7);
  call.end(at + 805);
  agent.end(at + 900);
  const failed = tracer.startSpan('chat gpt-4.1', {
    startTime: at + 1_000,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.system': 'openai',
      'gen_ai.request.model': 'gpt-4.1',
      'error.type': 'timeout',
    },
  });
  failed.setStatus({ code: SpanStatusCode.ERROR });
  failed.end(at + 31_000);
}

async function summary(source: string, dims: readonly ('Team' | 'Model' | 'Customer')[] = []) {
  await room.sealWaiting();
  const range = { from: new Date('2026-11-19T00:00:00Z'), to: new Date('2026-11-20T00:00:00Z') };
  const filters = [{ dim: 'x_Source' as const, values: [source] }];
  return room.llmUsage.summary({ ...range, dims, granularity: 'total', filters }, everything);
}

async function post(path: string, payload: string | Buffer, headers: Record<string, string> = {}) {
  return app.inject({
    method: 'POST',
    url: path,
    payload,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

describe('spans by OTLP', () => {
  test('of the official SDK are kept once, priced and rolled up; agents and tools are no calls', async () => {
    const exporter = new OTLPTraceExporter({ url: `${address}/v1/traces`, headers: { 'x-amadeus-source': 'sdk' } });
    const provider = new TracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    runApplication(provider);
    await provider.forceFlush();
    await provider.shutdown();
    const answer = await summary('sdk', ['Team']);
    // 600 x 2 + 400 x 0.5 + 100 x 8, per million.
    expect(answer.total).toMatchObject({ requests: 2, failed: 1, inputTokens: 1_000, cost: '0.0022', sessions: 1 });
    expect(answer.rows).toMatchObject([
      { keys: { Team: 'assist' }, requests: 1, cachedInputTokens: 400, reasoningTokens: 60 },
      { keys: { Team: '' }, requests: 1, failed: 1 },
    ]);
    const lines = await app.inject({ url: '/api/llm/requests?from=2026-11-19&to=2026-11-20&filter=x_Source:sdk' });
    const [line] = lines
      .json<{ requests: Record<string, unknown>[] }>()
      .requests.filter(({ team }) => team === 'assist');
    expect(line).toMatchObject({
      provider: 'openai',
      operation: 'chat',
      environment: 'staging',
      product: 'assistant',
      session: 's1',
      durationMs: 800,
      priceId: 'test:gpt-4.1',
    });
    expect(lines.body).not.toContain('jane@example.com');
  });

  test('come as protobuf, packed too, and are the same', async () => {
    const memory = new InMemorySpanExporter();
    const provider = new TracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor({ exporter: memory })] });
    runApplication(provider);
    await provider.forceFlush();
    // The SDK's own serializer, which its HTTP exporter for protobuf uses.
    const sdk = createRequire(import.meta.url).resolve('@opentelemetry/exporter-trace-otlp-http');
    const { ProtobufTraceSerializer } = createRequire(sdk)('@opentelemetry/otlp-transformer') as {
      ProtobufTraceSerializer: { serializeRequest(spans: unknown): Uint8Array };
    };
    const bytes = Buffer.from(ProtobufTraceSerializer.serializeRequest(memory.getFinishedSpans()));
    const headers = { 'content-type': 'application/x-protobuf', 'x-amadeus-source': 'protobuf' };
    const plain = await post('/v1/traces', bytes, headers);
    expect(plain.statusCode).toBe(200);
    expect(plain.headers['content-type']).toBe('application/x-protobuf');
    expect(plain.rawPayload.length).toBe(0);
    const packed = await post('/v1/traces', gzipSync(bytes), { ...headers, 'content-encoding': 'gzip' });
    expect(packed.statusCode).toBe(200);
    expect((await summary('protobuf')).total).toMatchObject({ requests: 2, failed: 1, cost: '0.0022', sessions: 1 });
    await provider.shutdown();
  });

  const spanJson = (attributes: Record<string, string | number>, ids: Record<string, string> = {}) => ({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    startTimeUnixNano: `${at}000000`,
    endTimeUnixNano: `${at + 1}000000`,
    ...ids,
    attributes: Object.entries(attributes).map(([key, value]) => ({
      key,
      value: typeof value === 'number' ? { intValue: value } : { stringValue: value },
    })),
  });
  const exportOf = (...spans: object[]) => JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });

  test('that cannot be are rejected, the rest is kept, and the answer says so', async () => {
    const good = spanJson({
      'gen_ai.operation.name': 'chat',
      'gen_ai.system': 'openai',
      'gen_ai.request.model': 'gpt-4.1',
      'gen_ai.usage.prompt_tokens': 10,
    });
    const bad = spanJson(
      { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4.1', 'gen_ai.usage.input_tokens': 'many' },
      { spanId: 'b7ad6b7169203332' },
    );
    const answer = await post('/v1/traces', exportOf(good, bad, { name: 'no ids' }), { 'x-amadeus-source': 'partly' });
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      partialSuccess: {
        rejectedSpans: '2',
        errorMessage:
          '2 spans were not kept, the first because span b7ad6b7169203332: inputTokens: The count is not a whole number of 0 or more.',
      },
    });
    expect((await summary('partly')).total).toMatchObject({ requests: 1, inputTokens: 10 });
  });

  test('belong to whom the attributes name that the settings name', async () => {
    const span = spanJson({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.response.model': 'claude-sonnet-4',
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.cache_read.input_tokens': 50,
      'app.squad': 'legal-tech',
      'app.account': 'globex',
    });
    await post('/v1/traces', exportOf(span), { 'x-amadeus-source': 'own-names' });
    const { rows } = await summary('own-names', ['Team', 'Customer']);
    expect(rows).toMatchObject([{ keys: { Team: 'legal-tech', Customer: 'globex' }, inputTokens: 150 }]);
  });

  test('are counted once where two layers of instrumentation tell the same answer', async () => {
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.response.model': 'gpt-4.1',
      'gen_ai.response.id': 'chatcmpl-1',
      'gen_ai.usage.input_tokens': 100,
    };
    const inner = spanJson(attributes, { spanId: 'b7ad6b7169203342', parentSpanId: 'b7ad6b7169203341' });
    const outer = spanJson(attributes, { spanId: 'b7ad6b7169203341' });
    await post('/v1/traces', exportOf(inner), { 'x-amadeus-source': 'layers' });
    await post('/v1/traces', exportOf(outer), { 'x-amadeus-source': 'layers' });
    expect((await summary('layers')).total).toMatchObject({ requests: 1, inputTokens: 100 });
  });
});

describe('metrics by OTLP', () => {
  async function sendMetrics(source: string, temporalityPreference: AggregationTemporality) {
    const exporter = new OTLPMetricExporter({
      url: `${address}/v1/metrics`,
      headers: { 'x-amadeus-source': source },
      temporalityPreference,
    });
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const meters = new MeterProvider({ resource, readers: [reader] });
    const tokens = meters.getMeter('test').createHistogram('gen_ai.client.token.usage');
    const attributes = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4.1',
    };
    tokens.record(700, { ...attributes, 'gen_ai.token.type': 'input' });
    tokens.record(300, { ...attributes, 'gen_ai.token.type': 'input' });
    tokens.record(50, { ...attributes, 'gen_ai.token.type': 'output' });
    await meters.forceFlush();
    await meters.shutdown();
  }

  async function tokensOf(source: string): Promise<number> {
    await room.sealWaiting();
    const { rows } = await stand.stores.warehouse.query<{ tokens: string }>(
      `SELECT sum(InputTokens + OutputTokens) AS tokens FROM llm_hourly
       WHERE x_DropId IN (SELECT x_DropId FROM llm_day FINAL WHERE x_Source = {source:String})`,
      { params: { source } },
    );
    return Number(rows[0]?.tokens ?? 0);
  }

  test('of deltas are usage where the source counts metrics', async () => {
    // The metrics are of the present of this machine, of which the clock of the test knows nothing.
    await stand.clock.advance(Date.now() - stand.clock.now().getTime());
    await sendMetrics('metrics-only', AggregationTemporality.DELTA);
    expect(await tokensOf('metrics-only')).toBe(1_050);
  });

  test('are not counted beside spans', async () => {
    await sendMetrics('sdk', AggregationTemporality.DELTA);
    expect((await summary('sdk')).total).toMatchObject({ requests: 2 });
  });

  test('that are cumulative are rejected with what to set', async () => {
    const point = { startTimeUnixNano: '1', timeUnixNano: '2', count: '1', sum: 5, attributes: [] };
    const histogram = { aggregationTemporality: 2, dataPoints: [point] };
    const metric = { name: 'gen_ai.client.token.usage', histogram };
    const payload = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] });
    const answer = await post('/v1/metrics', payload, { 'x-amadeus-source': 'metrics-only' });
    expect(answer.json()).toMatchObject({
      partialSuccess: { rejectedDataPoints: '1', errorMessage: expect.stringMatching(/TEMPORALITY_PREFERENCE=delta/) },
    });
  });
});

describe('the receiver', () => {
  test('asks for ingest:write and for a region of the caller', async () => {
    expect((await post('/v1/traces', '{}', { authorization: 'Bearer reader' })).statusCode).toBe(403);
    const elsewhere = { authorization: 'Bearer region:eu', 'x-amadeus-region': 'us' };
    expect((await post('/v1/traces', '{}', elsewhere)).statusCode).toBe(403);
    expect((await post('/v1/traces', '{}', { authorization: 'Bearer region:eu' })).statusCode).toBe(200);
  });

  test('says what is wrong with what it cannot read', async () => {
    expect((await post('/v1/traces', 'no json')).statusCode).toBe(400);
    const cut = await post('/v1/traces', Buffer.of(0x0a, 0x7f, 0x01), { 'content-type': 'application/x-protobuf' });
    expect(cut.statusCode).toBe(400);
    expect((await post('/v1/traces', 'x', { 'content-encoding': 'br' })).statusCode).toBe(415);
    expect((await post('/v1/traces', 'x', { 'content-encoding': 'gzip' })).statusCode).toBe(400);
    const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024, 0x20));
    expect((await post('/v1/traces', bomb, { 'content-encoding': 'gzip' })).statusCode).toBe(413);
    expect((await post('/v1/logs', '{}')).json()).toMatchObject({
      code: 'NOT_FOUND',
      help: expect.stringMatching(/traces/),
    });
  });

  test('answers an empty export with an empty answer', async () => {
    expect((await post('/v1/traces', '{}')).json()).toEqual({});
    expect((await post('/v1/metrics', '{"resourceMetrics":[]}')).json()).toEqual({});
  });
});
