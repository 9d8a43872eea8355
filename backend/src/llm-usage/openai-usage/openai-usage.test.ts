import { describe, expect, test } from '@jest/globals';
import { mapFile } from '../fixtures/map-calls.ts';
import { providerContext, pulledLines } from '../fixtures/provider-stand.ts';
import { openaiUsageConnector } from './openai-usage.ts';

const folder = import.meta.dirname;
const owners = [
  { id: 'proj_a', team: 'assist', product: 'assistant', environment: 'production' },
  { id: 'key_1', customer: 'acme', team: 'search' },
];

describe('usage of an OpenAI organisation', () => {
  const { requests, quarantined } = mapFile(openaiUsageConnector, folder, 'completions.json', { owners });

  test('is a record for each hour, model, project and key, with parts inside their whole', () => {
    expect(requests[0]).toMatchObject({
      startedAt: '2026-11-20T10:00:00.000Z',
      provider: 'openai',
      model: 'gpt-4.1-2025-04-14',
      requests: 42,
      inputTokens: 120_000,
      cachedInputTokens: 40_000,
      inputAudioTokens: 500,
      outputTokens: 9_000,
      outputAudioTokens: 100,
    });
    expect(requests[0]).not.toHaveProperty('serviceTier');
    expect(requests[1]).toMatchObject({ serviceTier: 'batch', requests: 3 });
  });

  test('belongs to whom the settings name, the key before the project', () => {
    expect(requests[0]).toMatchObject({
      team: 'search',
      product: 'assistant',
      customer: 'acme',
      environment: 'production',
      tags: { project: 'proj_a', api_key: 'key_1' },
    });
  });

  test('adds audio that older answers tell beside the text', () => {
    expect(requests[2]).toMatchObject({ inputTokens: 1_100, inputAudioTokens: 900, outputTokens: 750 });
  });

  test('counts characters, images and seconds of the other kinds', () => {
    expect(requests.slice(3)).toMatchObject([
      { operation: 'embeddings', inputTokens: 5_000 },
      { operation: 'image_generation', outputImages: 4 },
      { operation: 'speech', inputCharacters: 1_200 },
      { operation: 'transcription', inputSeconds: 95 },
    ]);
  });

  test('without a model, with more cached than there is, of an unknown kind or no bucket is quarantined', () => {
    expect(quarantined).toEqual([
      '1: model Ask for usage with group_by=model.',
      '1: cachedInputTokens More tokens were cached than the prompt has.',
      '3: object This kind of usage is not known.',
      '4:  The record is no bucket of usage or costs.',
    ]);
  });

  test('has ids that stay the same when the hour is read again', () => {
    const again = mapFile(openaiUsageConnector, folder, 'completions.json');
    expect(again.requests.map(({ requestId }) => requestId)).toEqual(requests.map(({ requestId }) => requestId));
    expect(new Set(requests.map(({ requestId }) => requestId)).size).toBe(requests.length);
  });
});

describe('costs of an OpenAI organisation', () => {
  test('are charges, exact to the last digit', () => {
    const { charges, quarantined } = mapFile(openaiUsageConnector, folder, 'costs.json', { owners });
    expect(charges.map(({ columns }) => columns['BilledCost'])).toEqual(['0.0612345678901234567', '0.0000285', '-1.5']);
    expect(charges[0]).toMatchObject({
      columns: {
        BillingCurrency: 'USD',
        ChargePeriodStart: '2026-11-20T00:00:00Z',
        ChargePeriodEnd: '2026-11-21T00:00:00Z',
        BillingPeriodStart: '2026-11-01T00:00:00Z',
        ServiceProviderName: 'OpenAI',
        x_Model: 'gpt-4.1-2025-04-14',
        SubAccountId: 'proj_a',
      },
      tags: { team: 'assist', product: 'assistant' },
    });
    expect(charges[2]!.columns['ChargeCategory']).toBe('Credit');
    expect(quarantined).toEqual(['1: amount The cost has no amount or no currency.']);
  });
});

describe('fetching from OpenAI', () => {
  const settings = { apiKey: 'OPENAI_ADMIN_KEY', firstDay: '2026-11-16' };

  test('asks for what may have changed, and never again for what is closed', async () => {
    const { context } = providerContext(openaiUsageConnector, settings, () => ({ body: {} }));
    const { files, cursor } = await openaiUsageConnector.discover!(context, undefined);
    const versions = Object.fromEntries(
      files.filter(({ name }) => /completions|costs/.test(name)).map(({ name, version }) => [name, version]),
    );
    expect(versions).toEqual({
      'usage/completions/2026-11-16': 'final',
      'usage/completions/2026-11-17': 'final',
      'usage/completions/2026-11-18': '2026-11-20T12',
      'usage/completions/2026-11-19': '2026-11-20T12',
      'usage/completions/2026-11-20': '2026-11-20T12',
      'costs/2026-11': '2026-11-20T12',
    });
    expect(cursor).toBe('2026-11-18');
  });

  test('reads page after page with the key', async () => {
    const { context, asked } = providerContext(openaiUsageConnector, settings, ({ url }) =>
      url.searchParams.get('page') === 'p2'
        ? { body: { data: [{ bucket: 2 }], has_more: false } }
        : { body: '{"data":[{"bucket":1,"amount":0.1234567890123456789}],"has_more":true,"next_page":"p2"}' },
    );
    const file = { name: 'usage/completions/2026-11-19', version: 'final' };
    const lines = await pulledLines(await openaiUsageConnector.pull!(context, file));
    expect(lines).toEqual([{ bucket: 1, amount: '0.1234567890123456789' }, { bucket: 2 }]);
    expect(asked[0]!.url.pathname).toBe('/v1/organization/usage/completions');
    expect(asked[0]!.url.searchParams.getAll('group_by')).toContain('model');
    expect(asked[0]!.url.searchParams.get('start_time')).toBe(String(Date.parse('2026-11-19') / 1000));
    expect(asked[0]!.headers['authorization']).toBe('Bearer secret of OPENAI_ADMIN_KEY');
  });

  test('says what to do where the key is refused', async () => {
    const { context } = providerContext(openaiUsageConnector, settings, () => ({ status: 401, body: {} }));
    const probe = await openaiUsageConnector.health!(context);
    expect(probe).toMatchObject({ ok: false, message: 'OpenAI refused the key (401).' });
    expect(probe.help).toMatch(/admin key/);
  });
});
