import { describe, expect, test } from '@jest/globals';
import { mapFile } from '../fixtures/map-calls.ts';
import { providerContext, pulledLines } from '../fixtures/provider-stand.ts';
import { anthropicUsageConnector } from './anthropic-usage.ts';

const folder = import.meta.dirname;
const owners = [{ id: 'wrkspc_1', team: 'legal-tech' }];

describe('usage of an Anthropic organisation', () => {
  const { requests, quarantined } = mapFile(anthropicUsageConnector, folder, 'messages.json', { owners });

  test('has a prompt that is the sum of its parts: new, read from the cache, written to it for five minutes or an hour', () => {
    expect(requests[0]).toMatchObject({
      startedAt: '2026-11-20T10:00:00.000Z',
      provider: 'anthropic',
      model: 'claude-sonnet-4-20250514',
      inputTokens: 3_200,
      cachedInputTokens: 200,
      cacheWrite5mTokens: 500,
      cacheWrite1hTokens: 1_000,
      outputTokens: 500,
      webSearches: 10,
      team: 'legal-tech',
    });
  });

  test('stands for as many calls as its tokens need, so that short prompts are not priced as a long one', () => {
    expect(requests.map(({ requests: calls, serviceTier }) => [calls, serviceTier])).toEqual([
      [1, undefined],
      [5, 'batch'],
      [1, undefined],
    ]);
  });

  test('without a model is quarantined', () => {
    expect(quarantined).toEqual(['1: model Ask for usage with group_by[]=model.']);
  });
});

describe('the cost report of Anthropic', () => {
  test('becomes charges: amounts are cents', () => {
    const { charges, quarantined } = mapFile(anthropicUsageConnector, folder, 'cost-report.json', { owners });
    expect(charges.map(({ columns }) => columns['BilledCost'])).toEqual(['1.2378912', '0.1']);
    expect(charges[0]).toMatchObject({
      columns: {
        BillingCurrency: 'USD',
        ChargePeriodStart: '2026-11-19T00:00:00Z',
        x_Model: 'claude-sonnet-4-20250514',
      },
      tags: { team: 'legal-tech' },
    });
    expect(quarantined).toEqual(['1: amount The cost has no amount or no currency.']);
  });
});

describe('fetching from Anthropic', () => {
  test('asks by hour and group with key and version', async () => {
    const settings = { apiKey: 'ANTHROPIC_ADMIN_KEY' };
    const { context, asked } = providerContext(anthropicUsageConnector, settings, () => ({
      body: { data: [{ a: 1 }], has_more: false, next_page: null },
    }));
    const { files } = await anthropicUsageConnector.discover!(context, undefined);
    expect(files.map(({ name }) => name)).toEqual(['usage_report/messages/2026-11-20', 'costs/2026-11']);
    for (const file of files)
      expect(await pulledLines(await anthropicUsageConnector.pull!(context, file))).toEqual([{ a: 1 }]);
    expect(asked.map(({ url }) => url.pathname)).toEqual([
      '/v1/organizations/usage_report/messages',
      '/v1/organizations/cost_report',
    ]);
    expect(asked[0]!.url.searchParams.getAll('group_by[]')).toContain('context_window');
    expect(asked[0]!.headers).toEqual({
      'x-api-key': 'secret of ANTHROPIC_ADMIN_KEY',
      'anthropic-version': '2023-06-01',
    });
  });
});
