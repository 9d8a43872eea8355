import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { dataFolder, hasData } from './fixtures/map-records.ts';
import { add, floorText, fraction, isMore, sumOf, times, zero, type Fraction } from './fraction.ts';
import { gpuLedger, joined, lengthOf, type Device, type Holder } from './gpu-ledger.ts';

const hour = 3_600_000;
const whole = fraction(1);
const account = (devices: Device[], holders: Holder[]) => gpuLedger(devices, holders);
const device = (id: string, from = 0, to = hour): Device => ({ id, spans: [{ from, to }] });
const holder = (id: string, shares: Fraction[], from = 0, to = hour): Holder => ({ id, shares, spans: [{ from, to }] });
const heldBy = (accounts: ReturnType<typeof account>, id: string): Fraction =>
  sumOf(accounts.map(({ held }) => held.get(id) ?? zero));

/** Pods and idle of each GPU are its time, as equal fractions. */
function closes(accounts: ReturnType<typeof account>): boolean {
  return accounts.every(({ present, held, idle }) => {
    const sum = add(sumOf(held.values()), idle);
    return sum.n === present.n && sum.d === present.d && !isMore(zero, idle);
  });
}

test('a whole GPU for half an hour leaves half an hour idle', () => {
  const [one] = account([device('0')], [holder('a', [whole], 0, hour / 2)]);
  expect(floorText(one!.idle, 3)).toBe(String(hour / 2));
  expect(floorText(one!.held.get('a')!, 3)).toBe(String(hour / 2));
});

test('four pods with a quarter each fill a GPU; HAMi’s invariant', () => {
  const quarter = fraction(1, 4);
  const accounts = account(
    [device('0')],
    ['a', 'b', 'c', 'd'].map((id) => holder(id, [quarter])),
  );
  expect(accounts[0]!.idle).toEqual(zero);
  expect(heldBy(accounts, 'a')).toEqual(fraction(hour, 4));
});

test('MIG instances leave what no profile takes as idle', () => {
  const accounts = account([device('0')], [holder('a', [fraction(3, 7)]), holder('b', [fraction(3, 7)])]);
  expect(accounts[0]!.idle).toEqual(fraction(hour, 7));
});

test('over-committed time slices share in proportion, and nothing is idle', () => {
  const half = fraction(1, 2);
  const accounts = account(
    [device('0')],
    ['a', 'b', 'c'].map((id) => holder(id, [half])),
  );
  expect(heldBy(accounts, 'a')).toEqual(fraction(hour, 3));
  expect(accounts[0]!.idle).toEqual(zero);
});

test('a pod that overlaps its successor by a moment takes no time that is not there', () => {
  const accounts = account([device('0')], [holder('a', [whole], 0, 1_000_001), holder('b', [whole], 1_000_000, hour)]);
  expect(heldBy(accounts, 'a')).toEqual(fraction(2_000_001, 2));
  expect(closes(accounts)).toBe(true);
});

test('pods go to the GPUs on which they are known to run, others to where there is room', () => {
  const known: Holder = { ...holder('a', [whole]), devices: ['1'] };
  const accounts = account([device('0'), device('1')], [known, holder('b', [whole])]);
  expect(accounts.map(({ held }) => [...held.keys()])).toEqual([['b'], ['a']]);
});

test('a GPU that comes and goes has only the hours in which it was there', () => {
  const spans = [
    { from: 0, to: 600_000 },
    { from: 1_200_000, to: hour },
  ];
  const accounts = account([{ id: '0', spans }], [holder('a', [whole])]);
  expect(accounts[0]!.present).toEqual(fraction(hour - 600_000));
  expect(heldBy(accounts, 'a')).toEqual(fraction(hour - 600_000));
});

test('spans are joined', () => {
  const spans = joined([
    { from: 5, to: 9 },
    { from: 0, to: 5 },
    { from: 20, to: 20 },
    { from: 7, to: 12 },
  ]);
  expect(spans).toEqual([{ from: 0, to: 12 }]);
  expect(lengthOf(spans)).toBe(12);
});

/** A small generator of its own: the same clusters in every run. */
function seeded(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (most: number) => Math.floor(next() * most);
  return { below, choose: <T>(all: readonly T[]): T => all[below(all.length)]! };
}

describe('of any cluster, pods and idle are the GPU’s time, exactly', () => {
  test.each(Array.from({ length: 10 }, (_, group) => group))('300 clusters, part %i', (group) => {
    for (let seed = group * 30; seed < group * 30 + 30; seed++) {
      const { below, choose } = seeded(seed);
      const span = () => {
        const from = below(hour);
        return { from, to: Math.min(hour, from + 1 + below(hour)) };
      };
      const spans = () => joined(Array.from({ length: 1 + below(3) }, span));
      const devices = Array.from({ length: 1 + below(8) }, (_, id) => ({
        id: String(id),
        spans: below(4) === 0 ? spans() : [{ from: 0, to: hour }],
      }));
      const kinds = [
        whole,
        fraction(1, 7),
        fraction(2, 7),
        fraction(3, 7),
        fraction(4, 7),
        fraction(1, 4),
        fraction(1, 10),
      ];
      const holders = Array.from({ length: below(30) }, (_, id) => ({
        id: `pod-${id}`,
        spans: spans(),
        shares: Array.from({ length: 1 + below(3) }, () => choose(kinds)),
        ...(below(3) === 0 ? { devices: [String(below(10))] } : {}),
      }));
      const accounts = account(devices, holders);
      expect(closes(accounts)).toBe(true);
      for (const one of holders) {
        const most = times(sumOf(one.shares), fraction(lengthOf(one.spans)));
        expect(isMore(heldBy(accounts, one.id), most)).toBe(false);
      }
    }
  });
});

(hasData('gpu/openb_pod_list_default.csv') ? test : test.skip)('the pods and nodes of a production cluster', () => {
  const rows = (name: string) =>
    readFileSync(join(dataFolder, 'gpu', name), 'utf8')
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
  const nodes = rows('openb_node_list_gpu_node.csv').map(([name, , , gpus, model]) => ({
    name,
    gpus: Number(gpus),
    model,
  }));
  const end = Math.max(...rows('openb_pod_list_default.csv').map((row) => Number(row[9]) || 0)) * 1000;
  // The trace does not say where a pod ran: they are dealt out over the hosts by turns.
  const pods = rows('openb_pod_list_default.csv').filter((row) => Number(row[3]) > 0 && row[10] !== '');
  const onNode = new Map<number, Holder[]>();
  pods.forEach(([id, , , gpus, milli, , , , , deleted, scheduled], turn) => {
    const node = turn % nodes.length;
    const spans = joined([{ from: Number(scheduled) * 1000, to: deleted === '' ? end : Number(deleted) * 1000 }]);
    const shares = Array.from({ length: Number(gpus) }, () => fraction(Number(milli), 1000));
    onNode.set(node, [...(onNode.get(node) ?? []), { id: id!, spans, shares }]);
  });
  let [present, accounted] = [zero, zero];
  nodes.forEach(({ gpus }, place) => {
    const devices = Array.from({ length: gpus }, (_, id) => device(String(id), 0, end));
    const accounts = account(devices, onNode.get(place) ?? []);
    expect(closes(accounts)).toBe(true);
    for (const one of accounts) {
      present = add(present, one.present);
      accounted = add(accounted, add(sumOf(one.held.values()), one.idle));
    }
  });
  expect(accounted).toEqual(present);
  expect(present).toEqual(fraction(BigInt(nodes.reduce((sum, { gpus }) => sum + gpus, 0)) * BigInt(end)));
  expect(pods.length).toBeGreaterThan(6000);
});
