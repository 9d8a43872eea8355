import { seededRandom, type SeededRandom } from './seeded-random.ts';

/** One minute of one workload of the shop. */
export interface ShopMinute {
  /** Requests in that minute. */
  requests: number;
  /** Mean cores in use. */
  cpuCores: number;
  /** Working set in bytes. */
  memoryBytes: number;
  /** Ready pods. */
  replicas: number;
}

interface ShopWorkload {
  id: string;
  /** Requests per minute at the mean of the week. */
  mean: number;
  /** CPU seconds per request. */
  cpuPerRequest: number;
  /** Requests per minute that one pod bears. */
  podCapacity: number;
  memoryPerPod: number;
  /** 0: follows the shoppers at once; otherwise minutes later (carts fill before checkouts). */
  lagMinutes: number;
  /** How strongly a flash sale lifts it. */
  saleLift: number;
}

const MiB = 1024 * 1024;
const DAY = 1440;
const WEEK = 7 * DAY;
/** Minutes of the epoch (1970-01-01 was a Thursday) to the first Monday. */
const FIRST_MONDAY = 4 * DAY;

const workloads: readonly ShopWorkload[] = [
  {
    id: 'shop/frontend',
    mean: 2600,
    cpuPerRequest: 0.021,
    podCapacity: 900,
    memoryPerPod: 210 * MiB,
    lagMinutes: 0,
    saleLift: 2.9,
  },
  {
    id: 'shop/cart',
    mean: 640,
    cpuPerRequest: 0.012,
    podCapacity: 420,
    memoryPerPod: 96 * MiB,
    lagMinutes: 2,
    saleLift: 3.6,
  },
  {
    id: 'shop/checkout',
    mean: 130,
    cpuPerRequest: 0.064,
    podCapacity: 110,
    memoryPerPod: 150 * MiB,
    lagMinutes: 5,
    saleLift: 4.1,
  },
  {
    id: 'shop/recommendation',
    mean: 1450,
    cpuPerRequest: 0.034,
    podCapacity: 480,
    memoryPerPod: 480 * MiB,
    lagMinutes: 1,
    saleLift: 2.2,
  },
];

export const shopWorkloads: readonly string[] = workloads.map((workload) => workload.id);

/** Share of the mean at each hour of a working day, UTC; between hours it is interpolated. */
const dayShape = [
  0.42, 0.33, 0.27, 0.25, 0.26, 0.33, 0.5, 0.75, 0.98, 1.1, 1.16, 1.22, 1.34, 1.26, 1.18, 1.15, 1.18, 1.27, 1.46, 1.72,
  1.8, 1.55, 1.12, 0.7,
];

export interface ShopTraffic {
  /**
   * The shop at a minute of the epoch: days with an evening peak, quieter mornings and livelier afternoons at weekends,
   * deploys on Tuesday and Thursday at 10:00 (a short dip, then a slightly different cost per request), and a flash sale
   * every second Friday at 19:00 that nobody's season of one day foresees.
   * @throws RangeError for a workload that the shop does not have.
   */
  at(workload: string, epochMinute: number): ShopMinute;
  /** Deploys and flash sales that begin in [from, to), minutes of the epoch. */
  events(from: number, to: number): { minute: number; kind: 'deploy' | 'flash-sale'; name: string }[];
}

export function shopTraffic(seed: number): ShopTraffic {
  const random = seededRandom(seed);
  return {
    at: (id, minute) => {
      const workload = workloads.find((candidate) => candidate.id === id);
      if (!workload)
        throw new RangeError(`The shop has no workload ${JSON.stringify(id)}; it has ${shopWorkloads.join(', ')}.`);
      const requests = requestsAt(random, workload, minute);
      const replicas = replicasAt(random, workload, minute);
      const version = Math.floor(deployIndex(minute));
      const perRequest = workload.cpuPerRequest * (1 + 0.06 * random.normal('cpu', id, version));
      const sinceDeploy = minute - lastDeploy(minute);
      return {
        requests,
        replicas,
        cpuCores: (requests / 60) * perRequest + 0.015 * replicas + 0.01 * random.uniform('cpu-noise', id, minute),
        memoryBytes: Math.round(
          replicas * workload.memoryPerPod * (1 + Math.min(0.35, sinceDeploy / (20 * DAY))) +
            requests * 9000 * (1 + 0.1 * random.normal('memory', id, minute)),
        ),
      };
    },
    events: (from, to) => eventsBetween(from, to),
  };
}

function requestsAt(random: SeededRandom, workload: ShopWorkload, minute: number): number {
  const level = levelAt(random, workload, minute - workload.lagMinutes);
  const noise = Math.sqrt(level) * 0.9 * random.normal('poisson', workload.id, minute);
  return Math.max(0, Math.round(level + noise));
}

function levelAt(random: SeededRandom, workload: ShopWorkload, minute: number): number {
  const day = Math.floor(minute / DAY);
  const weather = 1 + 0.05 * random.normal('day', day) + 0.035 * random.smooth(minute / 47, 'swell', workload.id);
  const growth = 1 + 0.0015 * (day % 365);
  return (
    workload.mean * shapeAt(minute) * weather * growth * saleFactor(minute, workload.saleLift) * deployFactor(minute)
  );
}

function shapeAt(minute: number): number {
  const hour = (minute % DAY) / 60;
  const low = Math.floor(hour);
  const base = dayShape[low]! + (dayShape[(low + 1) % 24]! - dayShape[low]!) * (hour - low);
  const weekday = Math.floor(((minute - FIRST_MONDAY) % WEEK) / DAY);
  return weekday < 5
    ? base
    : base * (1.03 - 0.31 * ramp(hour, 0, 5) + 0.5 * ramp(hour, 7, 12) - 0.19 * ramp(hour, 17, 21));
}

/** 0 before `from`, 1 after `to`, straight in between. */
function ramp(hour: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (hour - from) / (to - from)));
}

/** A sale begins every second Friday at 19:00 UTC: up within four minutes, decaying over ninety. */
function saleFactor(minute: number, lift: number): number {
  const since = minute - lastSale(minute);
  if (since >= 150) return 1;
  const rise = Math.min(1, (since + 1) / 4);
  const fall = since < 60 ? 1 : Math.exp(-(since - 60) / 28);
  return 1 + (lift - 1) * rise * fall;
}

function lastSale(minute: number): number {
  const period = 2 * WEEK;
  const first = FIRST_MONDAY + 4 * DAY + 19 * 60;
  return first + Math.floor((minute - first) / period) * period;
}

/** Two deploys a week: half-weeks counted from Tuesday 10:00. */
function deployIndex(minute: number): number {
  const tuesday = FIRST_MONDAY + DAY + 600;
  const week = Math.floor((minute - tuesday) / WEEK);
  return week * 2 + (minute - tuesday - week * WEEK >= 2 * DAY ? 1 : 0);
}

function lastDeploy(minute: number): number {
  const index = deployIndex(minute);
  return FIRST_MONDAY + DAY + 600 + Math.floor(index / 2) * WEEK + (index % 2 === 0 ? 0 : 2 * DAY);
}

function deployFactor(minute: number): number {
  const since = minute - lastDeploy(minute);
  return since < 3 ? 0.72 : since < 6 ? 1.08 : 1;
}

/** What a reactive autoscaler would have had: the worst of the last ten minutes as seen three minutes late, at least two. */
function replicasAt(random: SeededRandom, workload: ShopWorkload, minute: number): number {
  let worst = 0;
  for (let back = 3; back <= 12; back += 3) worst = Math.max(worst, levelAt(random, workload, minute - back));
  return Math.max(2, Math.ceil(worst / workload.podCapacity));
}

function eventsBetween(from: number, to: number): { minute: number; kind: 'deploy' | 'flash-sale'; name: string }[] {
  const found: { minute: number; kind: 'deploy' | 'flash-sale'; name: string }[] = [];
  for (let minute = lastDeploy(to - 1); minute >= from; minute = lastDeploy(minute - 1)) {
    found.push({ minute, kind: 'deploy', name: `release ${deployIndex(minute)}` });
  }
  for (let minute = lastSale(to - 1); minute >= from; minute -= 2 * WEEK) {
    found.push({ minute, kind: 'flash-sale', name: 'Friday flash sale' });
  }
  return found.sort((a, b) => a.minute - b.minute);
}
