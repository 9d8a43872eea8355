import type { Breakdown, Card } from '@amadeus/backend/unit-economics/contract.ts';
import { unitStory } from './unit-story';

const card = (id: Card['id'], value?: string, share?: string) =>
  ({ id, value, ...(share === undefined ? {} : { change: { share } }) }) as Card;
const customers = (margins: Record<string, string | undefined>) =>
  ({ rows: Object.entries(margins).map(([key, margin]) => ({ key, margin })) }) as unknown as Breakdown;

describe('what the unit page says first', () => {
  test('the unit that was chosen, with its change', () => {
    const story = unitStory([card('request', '0.01', '0.125'), card('session', '0.2')], 'request', undefined);
    expect(story).toMatchObject({ card: { id: 'request' }, changePercent: 12.5 });
  });

  test('another one where the chosen one has no value', () => {
    expect(unitStory([card('session'), card('request', '0.01')], 'session', undefined).card?.id).toBe('request');
    expect(unitStory([card('session')], 'session', undefined).card?.id).toBe('session');
  });

  test('the customer that loses most; only where none loses the one that earns most', () => {
    const losing = unitStory([], 'request', customers({ acme: '-5', globex: '-9', hooli: '40' }));
    expect(losing).toMatchObject({ losing: { key: 'globex' } });
    expect(losing.earning).toBeUndefined();
    expect(unitStory([], 'request', customers({ acme: '5', hooli: '40', '': '99', none: undefined }))).toMatchObject({
      earning: { key: 'hooli' },
    });
  });
});
