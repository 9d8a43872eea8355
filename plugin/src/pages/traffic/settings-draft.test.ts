import type { ScalingSettings } from '@amadeus/backend/scaling/contract.ts';
import { draftOf, isWhole, problemsOf, updateOf } from './settings-draft';

const settings: ScalingSettings = {
  ...{ mode: 'observe', minReplicas: 1, maxReplicas: 100, targetShare: 0.8, quantile: 0.9, latencyLimitMs: null },
  ...{ requestsPerPod: null, stabilisationMinutes: 3, stepUpShare: 1, stepUpReplicas: 4, stepDownShare: 0.5 },
  ...{ actsPerHour: 30, earlyMinutes: 1, road: 'auto', whenGitOps: 'propose', windows: [] },
};
const evening = { days: [], from: '18:00', to: '22:00', timeZone: 'Asia/Seoul', minReplicas: '4' };
const because = { reason: 'It observed well' };

describe('settings of scaling, as a person types them', () => {
  test('send what was changed, and no more', () => {
    const draft = { ...draftOf(settings), ...because, mode: 'approve' as const };
    draft.numbers.latencyLimitMs = '300';
    expect(isWhole(problemsOf(draft))).toBe(true);
    expect(updateOf(draft, settings, 4)).toEqual({ mode: 'approve', latencyLimitMs: 300, version: 4, ...because });
    expect(updateOf(draftOf(settings), settings, 4)).toBeUndefined();
  });

  test('take a number away again', () => {
    const known = { ...settings, latencyLimitMs: 300 };
    const draft = { ...draftOf(known), ...because };
    draft.numbers.latencyLimitMs = '';
    expect(updateOf(draft, known, 1)).toMatchObject({ latencyLimitMs: null });
  });

  test.each([
    ['minReplicas', '1.5'],
    ['maxReplicas', '0'],
    ['targetShare', '1'],
    ['quantile', ''],
    ['stabilisationMinutes', '121'],
    ['earlyMinutes', 'soon'],
  ] as const)('are not sent with %s of "%s"', (field, text) => {
    const draft = { ...draftOf(settings), ...because };
    draft.numbers[field] = text;
    expect(problemsOf(draft).numbers).toEqual({ [field]: 'range' });
  });

  test('do not want more at least than at most', () => {
    const draft = { ...draftOf(settings), ...because };
    draft.numbers.minReplicas = '101';
    expect(problemsOf(draft).numbers).toEqual({ minReplicas: 'above-maximum' });
  });

  test('have windows with a beginning, an end, a zone and a number', () => {
    const windows = [
      evening,
      { ...evening, from: '18' },
      { ...evening, to: '18:00' },
      { ...evening, timeZone: 'Seoul' },
      { ...evening, minReplicas: '101' },
    ];
    const draft = { ...draftOf(settings), ...because, windows };
    expect(problemsOf(draft).windows).toEqual([undefined, 'time', 'equal', 'zone', 'replicas']);
    expect(updateOf({ ...draft, windows: [evening] }, settings, 0)).toMatchObject({
      windows: [{ ...evening, minReplicas: 4 }],
    });
  });

  test('need a reason', () => {
    expect(problemsOf(draftOf(settings)).reason).toBe(true);
  });
});
