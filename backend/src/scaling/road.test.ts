import { describe, expect, test } from '@jest/globals';
import type { Ownership } from '../kubernetes/index.ts';
import { doneNotice } from './done-notice.ts';
import { stepOf } from './order.ts';
import { doneTitle, holdText, reasonText } from './reason-text.ts';
import { podSize, replicaCost } from './replica-cost.ts';
import { roadOf } from './road.ts';
import type { ScalingOrder } from './scaling-change.ts';
import { followed, readyOf } from './shadow.ts';

const nobody: Ownership = { autoscalers: [], managers: [], gitOps: false };
const hpa = { kind: 'hpa', name: 'web', acts: true, minReplicas: 2, maxReplicas: 10 } as const;
const usual = { road: 'auto', whenGitOps: 'propose' } as const;
const argo: Ownership = { ...nobody, managers: [{ kind: 'argo-cd', name: 'shop' }], gitOps: true };

describe('the road to a workload', () => {
  test('is its scale subresource where nobody else holds it', () => {
    expect(roadOf(nobody, usual).road).toEqual({ kind: 'scale' });
    const helm: Ownership = { ...nobody, managers: [{ kind: 'helm', name: 'shop' }] };
    expect(roadOf(helm, usual).road.kind).toBe('scale');
  });

  test('is the minimum of the HPA or the ScaledObject that holds it', () => {
    const { road, en } = roadOf({ ...nobody, autoscalers: [hpa] }, usual);
    expect(road).toEqual({ kind: 'hpa-minimum', name: 'web', minimum: 2, maximum: 10 });
    expect(en).toContain('above it, it goes on deciding');
    const keda = { kind: 'keda', name: 'web', acts: true } as const;
    expect(roadOf({ ...nobody, autoscalers: [keda] }, usual).road).toMatchObject({ kind: 'keda-minimum', minimum: 0 });
    expect(roadOf({ ...nobody, autoscalers: [{ ...keda, acts: false }] }, usual).road.kind).toBe('scale');
  });

  test('ends where two autoscalers, Git or an operator write the replicas', () => {
    const keda = { kind: 'keda', name: 'other', acts: true } as const;
    expect(roadOf({ ...nobody, autoscalers: [hpa, keda] }, usual).road).toEqual({
      kind: 'none',
      why: 'two-autoscalers',
    });
    expect(roadOf(argo, usual).road).toEqual({ kind: 'none', why: 'git' });
    expect(roadOf(argo, { ...usual, whenGitOps: 'act' }).road.kind).toBe('scale');
    const operator: Ownership = { ...nobody, managers: [{ kind: 'operator', name: 'Db/orders' }], gitOps: true };
    expect(roadOf(operator, { ...usual, whenGitOps: 'act' }).road).toEqual({ kind: 'none', why: 'operator' });
  });

  test('says beside a VPA that the size of pods changes', () => {
    const vpa = { kind: 'vpa', name: 'web', acts: true } as const;
    const answer = roadOf({ ...nobody, autoscalers: [vpa] }, usual);
    expect(answer.road.kind).toBe('scale');
    expect(answer.en).toContain('(VPA) changes the size');
  });
});

describe('the step that is written', () => {
  const decided = { replicas: 8, direction: 'out', held: 'none' } as const;
  const bounds = { floor: 5, settings: { maxReplicas: 40 } };
  const road = { kind: 'hpa-minimum', name: 'web', minimum: 2, maximum: 6 } as const;

  test('raises the minimum of an autoscaler within its own maximum, and lowers it to what was needed', () => {
    expect(stepOf(road, { replicas: 4 }, decided, bounds)).toEqual({
      road: 'hpa-minimum',
      from: 2,
      to: 6,
      autoscaler: 'web',
    });
    const calm = { ...decided, replicas: 4, direction: 'stay' } as const;
    expect(stepOf({ ...road, minimum: 6 }, { replicas: 6 }, calm, { ...bounds, floor: 3 })).toMatchObject({
      from: 6,
      to: 3,
    });
    expect(stepOf({ ...road, minimum: 5 }, { replicas: 6 }, calm, bounds)).toBeUndefined();
  });

  test('is none where nothing could be decided, or nothing is to be written', () => {
    expect(stepOf({ kind: 'scale' }, { replicas: 4 }, { ...decided, held: 'stale-load' }, bounds)).toBeUndefined();
    expect(stepOf({ kind: 'metric', name: 'web' }, { replicas: 4 }, decided, bounds)).toBeUndefined();
    expect(stepOf({ kind: 'scale' }, { replicas: 4 }, decided, bounds)).toEqual({ road: 'scale', from: 4, to: 8 });
  });
});

describe('what people are told', () => {
  const order: ScalingOrder = {
    ...{ tenant: 'default', cluster: 'seoul', workload: 'shop/web', road: 'scale', from: 5, to: 8, foreseen: true },
    ref: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' },
    ...{ decidedAt: '2026-11-20T11:00:00Z', validUntil: '2026-11-20T11:02:00Z' },
    reason: { en: 'Why.', ko: '이유.' },
    hourCost: { amount: '0.12', currency: 'USD' },
  };

  test('is that load is foreseen and how many servers were added, in both languages', () => {
    const done = { from: 5, to: 8, ready: 8, foreseen: true };
    expect(doneTitle(done, 'ko')).toBe('Amadeus: 미래 부하 감지됨. 서버 3대 증설 완료.');
    expect(doneTitle(done, 'en')).toBe('Amadeus: load ahead detected. 3 servers added.');
    expect(doneTitle({ ...done, ready: 6 }, 'ko')).toBe('Amadeus: 미래 부하 감지됨. 서버 3대 증설 중.');
    expect(doneTitle({ ...done, from: 8, to: 7 }, 'en')).toBe('Amadeus: less load. 1 server removed.');
  });

  test('is that the minimum was moved where an autoscaler holds the replicas', () => {
    const held = { ...order, road: 'hpa-minimum', autoscaler: 'web-hpa' } as const;
    const about = { changeId: 41, ready: 8, grafanaUrl: undefined, publicUrl: undefined };
    expect(doneNotice(held, { ...about, language: 'en' })).toMatchObject({
      title: 'Amadeus: load ahead detected. The minimum of web-hpa (HPA) was raised from 5 to 8.',
      fields: { 'Least replicas': '5 → 8' },
    });
    expect(doneNotice({ ...held, from: 8, to: 5, road: 'keda-minimum' }, { ...about, language: 'ko' }).title).toBe(
      'Amadeus: 부하 감소 확인됨. web-hpa(KEDA) 최소 레플리카 8 → 5 하향 완료.',
    );
  });

  test('says why a workload is left alone in both languages', () => {
    expect(holdText('Change 12 was undone.')).toEqual({
      en: 'Change 12 was undone.',
      ko: '변경 12을(를) 되돌렸습니다.',
    });
    expect(holdText('Somebody else has set 4 replicas after Change 7.').ko).toContain('변경 7');
    expect(holdText('Somebody else has set 4 replicas.').ko).toContain('4대');
  });

  test('comes with the graph, why, what it costs and where it is undone', () => {
    const notice = doneNotice(order, {
      ...{ changeId: 41, ready: 8, language: 'ko' },
      ...{ grafanaUrl: 'https://grafana.example/', publicUrl: 'https://amadeus.example/' },
    });
    expect(notice).toMatchObject({
      title: 'Amadeus: 미래 부하 감지됨. 서버 3대 증설 완료.',
      text: '이유.',
      url: 'https://grafana.example/a/mureon-amadeus-app/traffic/load?workload=shop%2Fweb',
    });
    expect(Object.values(notice.fields!)).toEqual(expect.arrayContaining(['5 → 8', '0.12 USD']));
    expect(notice.links).toEqual([
      {
        label: '되돌리기',
        url: 'https://grafana.example/a/mureon-amadeus-app/traffic/load?workload=shop%2Fweb&change=41',
      },
    ]);
    const withoutGrafana = doneNotice(order, {
      ...{ changeId: 41, ready: 8, language: 'en', grafanaUrl: undefined, publicUrl: 'https://amadeus.example/' },
    });
    expect(withoutGrafana.fields).toMatchObject({ Undo: 'https://amadeus.example/api/changes/41' });
  });

  test('names what asked for most and what bounded it', () => {
    const terms = [
      { term: 'observed', replicas: 3, load: 12_000, isFull: false },
      { term: 'maximum', replicas: 2 },
    ] as const;
    const decision = { held: 'none', terms, deciding: terms[1] } as const;
    expect(reasonText(decision, 'en')).toBe(
      '12,000 requests a minute come now, which need 3 replicas. Never more than 2 replicas.',
    );
    const fewer = { term: 'stabilised', replicas: 4, minutes: 3 } as const;
    expect(reasonText({ held: 'none', terms: [...terms, fewer], deciding: fewer }, 'en')).toBe(
      '12,000 requests a minute come now, which need 3 replicas. 4 replicas were needed within the last 3 minutes, so as many are kept.',
    );
    expect(reasonText({ ...decision, held: 'stale-load' }, 'ko')).toBe('측정값이 오래되어 조치하지 않습니다.');
  });
});

describe('the cost of a replica', () => {
  const workload = {
    template: {
      spec: {
        containers: [
          {
            name: 'main',
            image: 'web',
            resources: { requests: { cpu: '500m', memory: '512Mi' }, limits: { cpu: '1' } },
          },
          { name: 'proxy', image: 'proxy', resources: { requests: { cpu: '100m', memory: '64Mi' } } },
        ],
      },
    },
  };
  const place = { cluster: 'seoul', region: 'kr', at: new Date('2026-11-20T00:00:00Z') };
  const rate = ({ kind }: { kind: string }) => ({
    unitPrice: kind === 'cpu' ? '0.031611' : '0.004237',
    currency: 'USD',
  });

  test('is what its containers request, exactly', () => {
    expect(podSize(workload)).toEqual({ requestCores: 0.6, usableCores: 1.1, requestBytes: 576 * 2 ** 20 });
    // 0.6 x 0.031611 + 0.5625 x 0.004237
    expect(replicaCost({ rate }, podSize(workload), place)).toMatchObject({ perHour: '0.0213499125', currency: 'USD' });
  });

  test('is not told where a request or a price is missing', () => {
    expect(replicaCost({ rate }, podSize({}), place)).toHaveProperty('unpriced');
    expect(replicaCost({ rate: () => ({ unpriced: 'no price' }) }, podSize(workload), place)).toEqual({
      unpriced: 'no price',
    });
  });
});

test('the shadow of a workload has its pods ready as late as the real ones', () => {
  const grown = followed({ replicas: 2, starting: [] }, 5, 1_000, 60);
  expect([readyOf(grown, 1_000), readyOf(grown, 61_001)]).toEqual([2, 5]);
  expect(readyOf(followed(grown, 3, 2_000, 60), 2_000)).toBe(2);
});
