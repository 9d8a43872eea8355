import { AppError } from '../platform/errors/index.ts';
import type { FinopsSources } from './finops-queries.ts';

/** Answers of the rooms of FinOps as tests want them: small, with odd amounts. */
export function finopsSources(): FinopsSources {
  return {
    units: {
      cards: async () => ({
        currency: 'USD',
        notices: [],
        cards: [
          {
            id: 'request',
            unit: 'request',
            series: [
              { day: '2026-11-20', value: '0.0123', cost: '1.23', quantity: '100' },
              { day: '2026-11-21', cost: '0', quantity: '0' },
            ],
          },
        ],
      }),
      breakdown: async ({ by }) => ({
        currency: 'USD',
        notices: [],
        rows: [
          {
            key: by,
            cost: '10',
            requests: 5,
            tokens: 900,
            sessions: 2,
            costPerRequest: '2',
            revenue: '12',
            margin: '2',
          },
          { key: '', cost: '0.5', requests: 0, tokens: 0, sessions: 0 },
        ],
      }),
      drivers: async () => ({
        currency: 'USD',
        notices: [],
        rows: [
          {
            keys: { x_Team: 'search', ServiceName: 'OpenAI' },
            cost: '30',
            previousCost: '10',
            split: { difference: '20', price: '5', volume: '12', mix: '3' },
            share: '0.62',
          },
        ],
      }),
    },
    usage: {
      dimensions: [{ text: 'Model', value: 'Model' }],
      values: async () => ['gpt-4.1'],
      summary: async ({ dims }) => ({
        currency: 'USD',
        notices: [],
        rows: ['2026-11-21T10:00:00Z', '2026-11-21T11:00:00Z'].map((at, index) => ({
          keys: Object.fromEntries(dims.map((dim) => [dim, index === 0 ? 'gpt-4.1' : 'claude-sonnet-4'])),
          at,
          requests: 4 + index,
          failed: 0,
          inputTokens: 1000,
          cachedInputTokens: 100,
          outputTokens: 50,
          reasoningTokens: 0,
          sessions: 1,
          cost: '0.25',
          durationMs: { p50: 800, p90: 1500, p99: 4000 },
        })),
      }),
    },
    budgets: {
      status: async () => [
        {
          id: 'research',
          name: 'Research',
          spent: '810.5',
          amount: '1000',
          share: '0.8105',
          forecast: '1200',
          passesOn: '2026-11-24',
          state: 'at-risk',
          currency: 'USD',
        },
      ],
      burnDown: async (id) => {
        if (id !== 'research')
          throw new AppError('NOT_FOUND', `There is no budget ${id}.`, { help: 'Choose another one.' });
        return {
          name: 'Research',
          currency: 'USD',
          days: [
            { day: '2026-11-20', actual: '800', plan: '660' },
            { day: '2026-11-21', plan: '700', forecast: '850', low: '820', high: '890' },
          ],
        };
      },
    },
    showback: {
      report: async () => ({
        currency: 'USD',
        bills: '103.5',
        unallocated: '3.5',
        notices: [],
        rows: [
          { owner: 'search', direct: '60', shared: [{ amount: '10.1' }, { amount: '0.9' }], total: '71' },
          { owner: '', direct: '29', shared: [], total: '29' },
        ],
      }),
    },
    gpu: {
      accounting: async () => ({
        notices: [],
        rows: [
          {
            cluster: 'hpc',
            gpuType: 'H100',
            totalGpuHours: '192',
            allocatedGpuHours: '150.25',
            usedGpuHours: '90.5',
            idleGpuHours: '41.75',
            heldIdleGpuHours: '12',
            cost: { currency: 'USD', total: '384', allocated: '300.5', idle: '83.5', heldIdle: '24' },
          },
        ],
      }),
    },
    quality: {
      quality: async () => ({
        currency: 'USD',
        notices: [],
        byTeam: [{ team: '', tags: [{ tag: 'x_Product', missing: '3', of: '10', share: '0.3' }] }],
        bySource: [{ source: 'aws', tags: [{ tag: 'x_Team', missing: '1', of: '8', share: '0.125' }] }],
      }),
    },
  };
}
