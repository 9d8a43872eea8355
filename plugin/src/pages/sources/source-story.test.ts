import type { Source } from '@amadeus/backend/anycost/contract.ts';
import { sourceStory } from './source-story';

const source = (name: string, over: Partial<Source>) =>
  ({ source: name, state: 'fresh', health: 'ok', quarantined: 0, ...over }) as Source;

test('a source that fails is not also told as stale; what was left out is summed', () => {
  const story = sourceStory([
    source('aws', { state: 'stale', health: 'failing', quarantined: 2 }),
    source('gcp', { state: 'stale', quarantined: 3 }),
    source('llm', {}),
  ]);
  expect(story.failing.map((one) => one.source)).toEqual(['aws']);
  expect(story.stale.map((one) => one.source)).toEqual(['gcp']);
  expect(story.quarantined).toBe(5);
});
