import { expect, test } from '@jest/globals';
import type { Cluster, KubeEvent, MirrorOptions, Pod, Resource } from '../kubernetes/contract.ts';
import type { Clock } from '../platform/clock/index.ts';
import { restartTold } from './restarts.ts';
import { Ward } from './ward.ts';

const backOff = (name: string, lastTimestamp: string, message = 'Back-off restarting failed container'): KubeEvent => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: `${name}.1`, namespace: 'shop' },
  involvedObject: { kind: 'Pod', name },
  ...{ reason: 'BackOff', message, lastTimestamp },
});

test('an event tells whose container is restarted; an image that cannot be pulled is none', () => {
  const at = '2026-11-01T10:00:00Z';
  expect(restartTold(backOff('web-5d4f-abcde', at))).toEqual({ replicaSet: 'web-5d4f', at: Date.parse(at) });
  expect(restartTold(backOff('web-5d4f-abcde', at, 'Back-off pulling image "web:2"'))).toBeUndefined();
  expect(restartTold(backOff('web-5d4f-abcde', 'no time'))).toBeUndefined();
});

test('events are watched beside pods: what they told counts when the cluster has forgotten it', async () => {
  const heard = new Map<string, MirrorOptions<KubeEvent>>();
  const cluster = {
    ...{ tenant: 't', name: 'c' },
    mirror: ({ plural }: Resource, options: MirrorOptions<Pod> & MirrorOptions<KubeEvent>) => {
      heard.set(plural, options);
      const run = (): Promise<void> =>
        plural === 'events' ? Promise.reject(new Error('forbidden')) : Promise.resolve();
      return { objects: new Map(), freshAt: undefined, run };
    },
    lease: () => ({ run: () => Promise.resolve(), isHeld: () => true }),
  } as unknown as Cluster;
  const warned: string[] = [];
  const ward = new Ward({
    clock: { now: () => new Date(0) } as Clock,
    log: { warn: (_: unknown, text?: string) => void warned.push(text ?? '') },
    identity: () => Promise.resolve('me'),
    leaseOf: () => ({ namespace: 'n', name: 'l' }),
  });
  const { crashes } = ward.watch(cluster);
  const tell = heard.get('events')!.onEvent!;
  await tell({ type: 'synced', objects: [backOff('web-old-aaaaa', '2026-11-01T10:00:00Z')] });
  await tell({ type: 'modified', object: backOff('web-old-aaaaa', '2026-11-01T10:05:00Z') });
  await tell({ type: 'modified', object: backOff('web-old-bbbbb', '2026-11-01T10:01:00Z') });
  await tell({ type: 'deleted', object: backOff('web-new-ccccc', '2026-11-01T10:06:00Z') });
  expect([...crashes]).toEqual([['shop/web-old', Date.parse('2026-11-01T10:05:00Z')]]);
  await ward.close();
  expect(warned).toEqual(['The watch of events ended']);
});
