import type { IncidentView } from '@amadeus/backend/healing/contract.ts';
import { healingStory } from './healing-story';

type Act = IncidentView['acts'][number];
const act = (kind: Act['act'], state: string, mode: Act['mode'] = 'auto', changeId = 1): Act => ({
  ...{ act: kind, at: '2026-11-21T19:00:00Z', mode, changeId, state, summary: '', before: '256Mi', after: '356Mi' },
});
const incident = (workload: string, part: Partial<IncidentView> = {}) =>
  ({
    ...{ cluster: 'seoul', namespace: 'shop', workload, verdict: 'acted', closedAt: '2026-11-21T19:05:00Z', acts: [] },
    ...part,
  }) as unknown as IncidentView;

describe('what fell over', () => {
  test('counts a workload once, however often its memory was raised', () => {
    const story = healingStory([
      incident('cart', { acts: [act('memory', 'verified')] }),
      incident('cart', { acts: [act('memory', 'applied', 'auto', 2)] }),
      incident('web', { acts: [act('rollback', 'verified', 'auto', 3)] }),
    ]);
    expect(story).toMatchObject({ incidents: 3, memory: 1, rollbacks: 1, leaks: 0, waiting: 0, open: 0 });
  });

  test('counts what was taken back, or never came to the world, as not done', () => {
    const story = healingStory([
      incident('cart', { acts: [act('memory', 'rolled_back')] }),
      incident('web', { acts: [act('rollback', 'proposed', 'observe')] }),
    ]);
    expect(story).toMatchObject({ memory: 0, rollbacks: 0, proposed: 0 });
  });

  test('says what waits for a person: leaks, advice, and approvals', () => {
    const story = healingStory([
      incident('cart', { verdict: 'leak', closedAt: null }),
      incident('ads', { verdict: 'advised', closedAt: null }),
      incident('old', { verdict: 'advised' }),
      incident('web', { verdict: 'proposed', closedAt: null, acts: [act('memory', 'proposed', 'approve')] }),
    ]);
    expect(story).toMatchObject({ leaks: 1, waiting: 1, proposed: 1, open: 3 });
  });
});
