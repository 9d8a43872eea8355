import { Decimal } from 'decimal.js';

/** Long enough for seconds of many GPUs with 18 digits after the point. */
export const Exact = Decimal.clone({ precision: 80, rounding: Decimal.ROUND_HALF_EVEN });
export type Exact = Decimal;

export const daySeconds = 86_400;

/** What a cluster offered in one stretch, as one look or one declaration tells it. Seconds of the epoch. */
export interface Offer {
  cluster: string;
  region: string;
  scheduler: string;
  gpuType: string;
  from: number;
  /** Undefined: until the next look, or still. */
  to?: number | undefined;
  gpus: string;
  cpus: string;
  memoryBytes: string;
  /** GPU-seconds where they were measured; else GPUs times the time. */
  gpuSeconds?: string | undefined;
  nodeType: string;
  nodes: number;
}

/** What there was on one day of one type of GPU (empty: hosts without). */
export interface CapacityDay {
  cluster: string;
  region: string;
  scheduler: string;
  gpuType: string;
  /** Days of the epoch. */
  day: number;
  gpuSeconds: Exact;
  cpuSeconds: Exact;
  memoryByteSeconds: Exact;
  /** A kind of host that has such GPUs, and how many each has: where the price book knows hosts only. */
  nodeType: string;
  gpusPerNode: Exact;
}

/** How long a list of hosts is believed where no later one came. */
const staleSeconds = 2 * daySeconds;

/**
 * Stretches of a cluster that is listed from time to time: each look holds until the next one, the last one for two days,
 * and the first one also for the time before it, back to `since`.
 */
export function listedOffers(looks: readonly Offer[], since: number): Offer[] {
  const times = [...new Set(looks.map(({ from }) => from))].sort((a, b) => a - b);
  const next = new Map(times.map((at, place) => [at, times[place + 1] ?? at + staleSeconds]));
  return looks.map((look) => ({
    ...look,
    from: look.from === times[0] ? Math.min(since, look.from) : look.from,
    to: next.get(look.from)!,
  }));
}

/** Stretches in [from, to) cut at midnight (UTC) and added up by cluster, type and day. */
export function capacityDays(offers: readonly Offer[], from: number, to: number): CapacityDay[] {
  const days = new Map<string, CapacityDay>();
  for (const offer of offers) {
    const end = Math.min(offer.to ?? to, to);
    for (let at = Math.max(offer.from, from); at < end;) {
      const day = Math.floor(at / daySeconds);
      const until = Math.min(end, (day + 1) * daySeconds);
      addTo(days, offer, day, until - at, (offer.to ?? to) - offer.from);
      at = until;
    }
  }
  return [...days.values()];
}

function addTo(days: Map<string, CapacityDay>, offer: Offer, day: number, seconds: number, whole: number): void {
  const { cluster, region, scheduler, gpuType } = offer;
  const key = JSON.stringify([region, cluster, gpuType, day]);
  const known = days.get(key) ?? {
    ...{ cluster, region, scheduler, gpuType, day },
    gpuSeconds: new Exact(0),
    cpuSeconds: new Exact(0),
    memoryByteSeconds: new Exact(0),
    nodeType: offer.nodeType,
    gpusPerNode: offer.nodes === 0 ? new Exact(0) : new Exact(offer.gpus).div(offer.nodes),
  };
  const gpuSeconds =
    offer.gpuSeconds === undefined
      ? new Exact(offer.gpus).times(seconds)
      : new Exact(offer.gpuSeconds).times(seconds).div(whole);
  known.gpuSeconds = known.gpuSeconds.plus(gpuSeconds);
  known.cpuSeconds = known.cpuSeconds.plus(new Exact(offer.cpus).times(seconds));
  known.memoryByteSeconds = known.memoryByteSeconds.plus(new Exact(offer.memoryBytes).times(seconds));
  days.set(key, known);
}
