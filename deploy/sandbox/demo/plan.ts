/** What is going to happen in the demo's shop, agreed between whoever starts the cluster and the cluster. */
export interface DemoPlan {
  /** Bearer token of the service account `amadeus/amadeus`. */
  token: string;
  /** Starts of the sales, epoch milliseconds; earlier ones too, so that the replayed past shows them. */
  sales: readonly number[];
  /** Releases that go wrong, by their time. */
  troubles: readonly Trouble[];
}

export interface Trouble {
  at: number;
  kind: 'hungry release' | 'broken release';
  service: string;
}

/** Services that nobody visits directly: those whose releases go wrong, so that the shop stays open. */
export const backOffice = [
  'emailservice',
  'paymentservice',
  'shippingservice',
  'giftservice',
  'invoiceservice',
] as const;

export const demoNamespace = 'boutique';
const minuteMs = 60_000;
const dayMs = 1_440 * minuteMs;

/** A sale: four times as many within two minutes, for ten minutes, and away again within two. */
export const sale = { minutes: 12, factor: 4 } as const;
const edgeMinutes = 2;
/** Sales come this often, and releases go wrong with every second one. */
const saleEveryMs = 45 * minuteMs;
const plannedSales = 16;
/** A release goes wrong so long before the sale. */
const hungryBeforeMs = 4.5 * minuteMs;
const brokenBeforeMs = 3 * minuteMs;

/**
 * The plan of one start: a sale at `firstSale` and every 45 minutes after it, twelve hours long. `starts` counts the starts
 * before it, so that another service has the trouble each time: what was raised or rolled back before is remembered.
 */
export function planOf(
  firstSale: number,
  { token, starts, earlier }: { token: string; starts: number; earlier: readonly number[] },
): DemoPlan {
  const sales = Array.from({ length: plannedSales }, (_, i) => firstSale + i * saleEveryMs);
  const troubles = sales.flatMap((at, i): Trouble[] => {
    if (i % 2 === 1) return [];
    const turn = starts + i / 2;
    return [
      { at: at - hungryBeforeMs, kind: 'hungry release', service: backOffice[turn % backOffice.length]! },
      { at: at - brokenBeforeMs, kind: 'broken release', service: backOffice[(turn + 1) % backOffice.length]! },
    ];
  });
  return { token, sales: [...earlier, ...sales], troubles };
}

/** Visits a second: a day's wave, a swell of 37 minutes, some noise, and the sales. The same at every reading. */
export function demoVisits(sales: readonly number[], base = 120): (at: number) => number {
  return (at) => {
    const hour = (at % dayMs) / 3_600_000;
    const wave = 1 - 0.25 * Math.cos(((hour - 4) / 24) * 2 * Math.PI);
    const swell = 1 + 0.15 * Math.sin((at / (37 * minuteMs)) * 2 * Math.PI);
    const noise = 1 + 0.03 * (hash(Math.floor(at / 10_000)) - 0.5) * 2;
    return base * wave * swell * noise * saleFactor(sales, at);
  };
}

function saleFactor(sales: readonly number[], at: number): number {
  let factor = 1;
  for (const start of sales) {
    const minutes = (at - start) / minuteMs;
    if (minutes <= 0 || minutes >= sale.minutes) continue;
    const share = Math.min(1, minutes / edgeMinutes, (sale.minutes - minutes) / edgeMinutes);
    factor = Math.max(factor, 1 + (sale.factor - 1) * share);
  }
  return factor;
}

/** A number from 0 to 1 that looks random and is the same for the same argument. */
function hash(n: number): number {
  let x = Math.imul(n ^ (n >>> 15), 0x2c1b3c6d);
  x = Math.imul(x ^ (x >>> 12), 0x297a2d39);
  return ((x ^ (x >>> 15)) >>> 0) / 2 ** 32;
}
