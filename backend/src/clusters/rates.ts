import { Exact, type CapacityDay } from './capacity.ts';
import type { Rate, RateQuery } from './ports.ts';

/** What an hour of something costs, and why. */
export interface HourRate {
  unitPrice: Exact;
  currency: string;
  priceId: string;
  formula: string;
}

interface Book {
  rate(query: RateQuery): Rate;
}

/** Rates of a cluster's GPUs, CPUs and memory by day, each asked for once. */
export class ClusterRates {
  readonly #book: Book;
  readonly #hosts = new Map<string, { nodeType: string; gpusPerNode: Exact }>();
  readonly #known = new Map<string, HourRate | string>();

  /** @param capacity tells which kind of host has which GPUs, where the book has prices of hosts alone */
  constructor(book: Book, capacity: readonly CapacityDay[]) {
    this.#book = book;
    for (const { cluster, gpuType, nodeType, gpusPerNode } of capacity)
      if (nodeType !== '' && gpusPerNode.gt(0)) this.#hosts.set(key(cluster, gpuType), { nodeType, gpusPerNode });
  }

  /** Rate of a GPU-hour; a sentence where there is none. The cluster's own (`cluster/type`) counts before that of the type. */
  gpu(place: { cluster: string; region: string }, gpuType: string, day: number): HourRate | string {
    const ask = (): HourRate | string => {
      const items = [`${place.cluster}/${gpuType}`, gpuType].filter((item) => gpuType !== '' || item !== '');
      const direct = this.#first('gpu', items, place.region, ['GPU-Hours'], day);
      if (typeof direct !== 'string') return direct;
      const host = this.#hosts.get(key(place.cluster, gpuType));
      if (host === undefined) return direct;
      const rate = this.#first(
        'node',
        [`${place.cluster}/${host.nodeType}`, host.nodeType],
        place.region,
        ['Node-Hours', 'Hours'],
        day,
      );
      if (typeof rate === 'string') return direct;
      return {
        ...rate,
        unitPrice: rate.unitPrice.div(host.gpusPerNode).toDecimalPlaces(18),
        formula: `(${rate.formula}) / ${host.gpusPerNode.toFixed()} GPUs of ${host.nodeType}`,
      };
    };
    return this.#once(`gpu ${key(place.region, place.cluster, gpuType)} ${day}`, ask);
  }

  cpu(place: { cluster: string; region: string }, day: number): HourRate | string {
    const ask = () =>
      this.#first('cpu', [place.cluster, 'cpu'], place.region, ['CPU-Hours', 'vCPU-Hours', 'Core-Hours'], day);
    return this.#once(`cpu ${key(place.region, place.cluster)} ${day}`, ask);
  }

  memory(place: { cluster: string; region: string }, day: number): HourRate | string {
    const ask = () => this.#first('memory', [place.cluster, 'memory'], place.region, ['GiB-Hours'], day);
    return this.#once(`memory ${key(place.region, place.cluster)} ${day}`, ask);
  }

  #first(
    kind: RateQuery['kind'],
    items: readonly string[],
    region: string,
    units: readonly string[],
    day: number,
  ): HourRate | string {
    let why = '';
    for (const item of items)
      for (const unit of units) {
        const rate = this.#book.rate({ kind, item, region, at: isoDay(day), unit });
        if (!('unpriced' in rate))
          return {
            unitPrice: new Exact(rate.unitPrice),
            currency: rate.currency,
            priceId: rate.priceId,
            formula: rate.formula,
          };
        why = rate.unpriced;
      }
    return why;
  }

  #once(name: string, ask: () => HourRate | string): HourRate | string {
    const known = this.#known.get(name) ?? ask();
    this.#known.set(name, known);
    return known;
  }
}

const key = (...parts: readonly string[]): string => JSON.stringify(parts);

/** First instant of a day of the epoch. */
export function isoDay(day: number): string {
  return new Date(day * 86_400_000).toISOString().replace('.000Z', 'Z');
}
