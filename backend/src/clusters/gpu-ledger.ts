import { add, fraction, isMore, minus, one, over, sumOf, times, zero, type Fraction } from './fraction.ts';

/** A stretch of time, whole milliseconds; `to` is excluded. */
export interface Span {
  from: number;
  to: number;
}

/** A physical GPU of one host. */
export interface Device {
  id: string;
  /** When it was there. */
  spans: readonly Span[];
}

/** A pod or job that holds GPUs or parts of them on the host. */
export interface Holder {
  id: string;
  spans: readonly Span[];
  /** Parts of a GPU that it holds: `[1, 1]` two whole ones, `[2/7]` a MIG instance, `[1/4]` one of four time slices. */
  shares: readonly Fraction[];
  /** Devices on which it is known to run, for as many shares as are named. */
  devices?: readonly string[];
}

export interface DeviceAccount {
  device: string;
  /** GPU-milliseconds: present = sum of held + idle, exactly. */
  present: Fraction;
  held: ReadonlyMap<string, Fraction>;
  idle: Fraction;
}

interface Placed {
  holder: string;
  share: Fraction;
  spans: readonly Span[];
}

/**
 * Who held which part of each GPU of a host. Where the parts on a GPU add up to more than it (time slices over-committed,
 * a pod that ends while the next begins), each gets its proportion; what none holds is idle. Holders whose device is not
 * known are placed on the first GPU that has room for all their time, whole ones first, else on the least loaded.
 */
export function gpuLedger(devices: readonly Device[], holders: readonly Holder[]): DeviceAccount[] {
  if (devices.length === 0) return [];
  const placed = place(devices, holders);
  return devices.map((device) => accountOf(device, placed.get(device.id) ?? []));
}

function place(devices: readonly Device[], holders: readonly Holder[]): Map<string, Placed[]> {
  const placed = new Map<string, Placed[]>(devices.map(({ id }) => [id, []]));
  const waiting: Placed[] = [];
  for (const { id, spans, shares, devices: known = [] } of holders) {
    const found = known.filter((device) => placed.has(device));
    shares.forEach((share, index) => {
      const device = found[index];
      if (device === undefined) waiting.push({ holder: id, share, spans });
      else placed.get(device)!.push({ holder: id, share, spans });
    });
  }
  waiting.sort(
    (a, b) =>
      (isMore(b.share, a.share) ? 1 : isMore(a.share, b.share) ? -1 : 0) ||
      (a.spans[0]?.from ?? 0) - (b.spans[0]?.from ?? 0) ||
      (a.holder < b.holder ? -1 : a.holder > b.holder ? 1 : 0),
  );
  for (const unit of waiting) {
    let best: { id: string; load: Fraction } | undefined;
    for (const { id } of devices) {
      const load = peakOf([...placed.get(id)!, unit], unit.spans);
      if (best === undefined || isMore(best.load, load)) best = { id, load };
      if (!isMore(load, one)) {
        best = { id, load };
        break;
      }
    }
    placed.get(best!.id)!.push(unit);
  }
  return placed;
}

/** Most that is held at once within the spans. */
function peakOf(placed: readonly Placed[], within: readonly Span[]): Fraction {
  let peak = zero;
  for (const { from, to } of segmentsOf(within, placed)) {
    const load = sumOf(placed.filter(({ spans }) => covers(spans, from, to)).map(({ share }) => share));
    if (isMore(load, peak)) peak = load;
  }
  return peak;
}

function accountOf(device: Device, placed: readonly Placed[]): DeviceAccount {
  const held = new Map<string, Fraction>();
  let [present, idle] = [zero, zero];
  for (const { from, to } of segmentsOf(device.spans, placed)) {
    const length = fraction(to - from);
    present = add(present, length);
    const here = placed.filter(({ spans }) => covers(spans, from, to));
    const load = sumOf(here.map(({ share }) => share));
    const crowded = isMore(load, one);
    for (const { holder, share } of here) {
      const part = times(length, crowded ? over(share, load) : share);
      held.set(holder, add(held.get(holder) ?? zero, part));
    }
    if (!crowded) idle = add(idle, times(length, minus(one, load)));
  }
  return { device: device.id, present, held, idle };
}

/** The spans, cut wherever something placed begins or ends. */
function* segmentsOf(spans: readonly Span[], placed: readonly Placed[]): Generator<Span> {
  const cuts = [...new Set(placed.flatMap(({ spans: own }) => own.flatMap(({ from, to }) => [from, to])))].sort(
    (a, b) => a - b,
  );
  for (const { from, to } of spans) {
    let at = from;
    for (const cut of cuts) {
      if (cut <= at || cut >= to) continue;
      yield { from: at, to: cut };
      at = cut;
    }
    if (at < to) yield { from: at, to };
  }
}

function covers(spans: readonly Span[], from: number, to: number): boolean {
  return spans.some((span) => span.from <= from && span.to >= to);
}

/** Spans in order, those that touch or overlap joined, empty ones left out. */
export function joined(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    if (span.to <= span.from) continue;
    const last = result.at(-1);
    if (last !== undefined && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else result.push({ ...span });
  }
  return result;
}

export const lengthOf = (spans: readonly Span[]): number => spans.reduce((sum, { from, to }) => sum + to - from, 0);
