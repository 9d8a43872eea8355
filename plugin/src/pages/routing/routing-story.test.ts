import type { RoutingOverview } from '@amadeus/backend/routing-panels/contract.ts';
import { routingScope } from './routing-scope';
import { routingStory } from './routing-story';

const total = {
  ...{ calls: 100, answered: 95, cancelled: 0, failed: 5, tries: 110, failedTries: 15, unpriced: 0, cacheHits: 10 },
  ...{ inputTokens: 1, cachedInputTokens: 0, outputTokens: 1, cost: '1.25', saved: '0', errorShare: 0.05 },
  firstTokenMs: { p50: 100, p95: 400 },
};
const overview: RoutingOverview = {
  ...{ from: '', to: '', state: 'ok', currency: 'USD', total, choices: [], providers: ['a'], port: 4290, notices: [] },
};

describe('the sentence of Routing', () => {
  test('says how much cheaper it was than on the dearest models', () => {
    const wouldHave = { cost: '2', spent: '1.2', saved: '0.8', share: 0.4, models: [], calls: 95, method: '' };
    expect(routingStory({ ...overview, wouldHave })).toEqual({
      ...{ kind: 'cheaper', share: 0.4, saved: '0.8', currency: 'USD', answered: 0.95, firstToken: 400 },
    });
  });

  test('says how much less quality the policies expect for it', () => {
    const saved = { cost: '2', spent: '1.2', saved: '0.8', share: 0.4, models: [], calls: 95, method: '' };
    const told = (quality: { chosen: number; dearest: number }) =>
      routingStory({ ...overview, wouldHave: { ...saved, quality } });
    expect(told({ chosen: 0.891, dearest: 0.9 })).toMatchObject({ lessQuality: expect.closeTo(0.01, 9) });
    expect(told({ chosen: 0.91, dearest: 0.9 })).toMatchObject({ lessQuality: 0 });
    expect(told({ chosen: 0, dearest: 0 })).not.toHaveProperty('lessQuality');
  });

  test('says what was called where nothing can be compared, or nothing was saved', () => {
    const wouldHave = { cost: '2', spent: '2', saved: '0', share: 0, models: [], calls: 95, method: '' };
    expect(routingStory(overview)).toMatchObject({ kind: 'told', calls: 100, cost: '1.25' });
    expect(routingStory({ ...overview, wouldHave })).toMatchObject({ kind: 'told' });
  });

  test('tells a gateway that is off from one that nobody calls', () => {
    expect(routingStory({ ...overview, state: 'off' })).toEqual({ kind: 'off' });
    expect(routingStory({ ...overview, state: 'no-calls' })).toEqual({ kind: 'no-calls' });
  });
});

test('the scope of the page holds as far as calls have its dimensions', () => {
  const filters = [
    { dim: 'x_Team', values: ['search'] },
    { dim: 'RegionId', values: ['eu'] },
  ];
  expect(routingScope(filters)).toEqual({ filters: [{ dim: 'team', values: ['search'] }], left: ['RegionId'] });
});
