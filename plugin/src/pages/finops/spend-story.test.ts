import type { CostSummary } from '../../service/contract';
import { sentence } from './SpendAnswer';
import { spendStory } from './spend-story';

function summary(rows: Array<[string, string, string?]>, previous?: string): CostSummary {
  return {
    metric: 'EffectiveCost',
    currency: 'USD',
    from: '',
    to: '',
    dims: ['x_Model', 'x_Team'],
    rows: rows.map(([name, cost, previousCost]) => {
      const [x_Model = '', x_Team = ''] = name.split('/');
      return { keys: { x_Model, x_Team }, cost, ...(previousCost === undefined ? {} : { previousCost }) };
    }),
    total: {
      cost: String(rows.reduce((sum, [, cost]) => sum + Number(cost), 0)),
      lines: 3,
      ...(previous === undefined ? {} : { previousCost: previous }),
    },
    currencies: ['USD'],
  };
}

describe('the sentence above the cost explorer', () => {
  test('names what drove the growth', () => {
    const grown = summary(
      [
        ['gpt-4.1/search', '162', '100'],
        ['claude/ads', '138', '100'],
        ['s3/', '10', '20'],
      ],
      '220',
    );
    expect(sentence(spendStory(grown), 'USD', true)).toBe(
      'You spent $310.00, +40.9\u00a0% against the period before; 62\u00a0% of the growth is gpt-4.1 on search.',
    );
  });

  test('names what drove the saving', () => {
    const less = summary(
      [
        ['gpt-4.1/search', '50', '100'],
        ['claude/ads', '60', '60'],
      ],
      '160',
    );
    expect(sentence(spendStory(less), 'USD', true)).toContain('100\u00a0% of the saving is gpt-4.1 on search');
  });

  test('names the largest where there is nothing to compare with', () => {
    expect(
      sentence(
        spendStory(
          summary([
            ['a/b', '75'],
            ['c/', '25'],
          ]),
        ),
        'USD',
        true,
      ),
    ).toBe('You spent $100.00; 75\u00a0% of it is a on b.');
  });

  test('claims nothing where there is no cost', () => {
    expect(sentence(spendStory(summary([])), 'USD', true)).toBe('You spent $0.00.');
  });

  test('never gives a driver more than the whole, even when groups cancel out', () => {
    const story = spendStory(
      summary(
        [
          ['a/', '200', '100'],
          ['b/', '10', '105'],
        ],
        '205',
      ),
    );
    expect(story.driver!.share).toBeLessThanOrEqual(1);
  });
});
