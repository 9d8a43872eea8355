import { afterEach, describe, expect, test } from '@jest/globals';
import { startOtlpReceiver } from '../platform/telemetry/otlp-receiver-fixture.ts';
import { createTelemetry } from '../platform/telemetry/index.ts';
import { loadConfig } from '../platform/config/index.ts';
import { openGatewayStand, plainPolicy } from './fixtures/gateway-stand.ts';
import { ProviderSimulator } from './fixtures/provider-simulator.ts';

/** How a gateway stops, and what monitoring sees of it. */
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const settings = (url: string) => ({
  providers: [{ name: 'first', kind: 'openai', url }],
  policies: [plainPolicy('fast', ['first'], { guards: { maxAttempts: 1 } })],
});
const body = { model: 'fast', messages: [{ role: 'user', content: 'Secret of the caller' }], max_tokens: 50 };

async function started(): Promise<{ provider: ProviderSimulator; url: string }> {
  const provider = new ProviderSimulator();
  const url = await provider.start();
  closers.push(() => provider.close());
  return { provider, url };
}

describe('a gateway that is asked to stop', () => {
  test('takes no new calls, and lets the streams that are open come to their end', async () => {
    const { provider, url } = await started();
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const gateway = await openGatewayStand(settings(url));
    provider.script.push(...Array.from({ length: 20 }, () => ({ holdAfter: 2, until: held })));
    const streams = await Promise.all(
      Array.from({ length: 20 }, () => gateway.ask('/v1/chat/completions', { ...body, stream: true })),
    );
    const closing = gateway.close();
    // Nobody listens there any more; over a connection of before, it says that it stops.
    const health = await fetch(`${gateway.url}/healthz`).then(
      ({ status }) => status,
      () => 'refused',
    );
    expect([503, 'refused']).toContain(health);
    letGo();
    for (const stream of streams) expect((await stream.text()).trimEnd().endsWith('[DONE]')).toBe(true);
    await closing;
    expect(gateway.kept.filter(({ status }) => status === 'ok')).toHaveLength(20);
  });
});

describe('monitoring', () => {
  test('gets spans and metrics by the names of OpenTelemetry, and no word of a prompt', async () => {
    const { provider, url } = await started();
    const receiver = await startOtlpReceiver();
    closers.push(() => receiver.close());
    const config = loadConfig({
      environment: { AMADEUS_TELEMETRY_OTLP_URL: receiver.url, AMADEUS_TELEMETRY_LOG_LEVEL: 'error' },
    });
    const telemetry = await createTelemetry({ config, serviceVersion: 'test', processMetrics: false });
    const gateway = await openGatewayStand(settings(url), telemetry, { AMADEUS_TELEMETRY_OTLP_URL: receiver.url });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
    await (await gateway.ask('/v1/chat/completions', { ...body, stream: true }, { traceparent })).text();
    provider.script.push({ status: 500 });
    await (await gateway.ask('/v1/chat/completions', body)).text();
    await gateway.close();
    const exposed = await telemetry.metrics.metrics();
    await telemetry.close();
    const call = receiver.received.spans.find(({ name, traceId: id }) => name === 'chat fast' && id === traceId)!;
    expect(call.attributes).toMatchObject({ 'gen_ai.operation.name': 'chat', 'amadeus.policy': 'fast' });
    const tries = receiver.received.spans.filter(({ name }) => name === 'chat gpt-4o-mini');
    expect(tries.find(({ parentSpanId }) => parentSpanId === call.spanId)?.attributes).toMatchObject({
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.response.model': 'gpt-4o-mini-2026',
      'gen_ai.request.max_tokens': expect.anything(),
      'amadeus.route': 'first/gpt-4o-mini',
    });
    expect(tries.some(({ attributes }) => attributes['error.type'] === 'upstream_error')).toBe(true);
    for (const name of [
      'gen_ai.client.token.usage',
      'gen_ai.client.operation.duration',
      'gen_ai.server.time_to_first_token',
    ])
      expect(receiver.received.metrics.get(name)?.histogram?.dataPoints.length).toBeGreaterThan(0);
    expect(exposed).toMatch(/gen_ai_client_token_usage_sum\{[^}]*gen_ai_token_type="input"[^}]*\} 1000/);
    expect(exposed).toContain('amadeus_gateway_calls_total{policy="fast",outcome="ok"} 1');
    expect(exposed).toContain('amadeus_gateway_calls_total{policy="fast",outcome="error"} 1');
    expect(exposed).toContain('amadeus_gateway_calls_in_flight 0');
    const failed = receiver.received.spans.find(
      ({ name, attributes }) => name === 'chat fast' && attributes['error.type'] !== undefined,
    );
    expect(failed?.attributes['error.type']).toBe('upstream_error');
    const told = JSON.stringify([...receiver.received.spans, ...receiver.received.logs]);
    expect(told).not.toContain('Secret');
    // What providers say of a failure may quote the prompt.
    expect(told).not.toContain('simulated 500');
  });
});
