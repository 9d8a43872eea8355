import { faults } from './cluster/faults.ts';
import type { Image } from './cluster/image.ts';
import type { Sandbox } from './sandbox.ts';

interface Service {
  name: string;
  /** Requests that one visit makes to it, and cores-seconds of each. */
  perVisit: number;
  cpuSeconds: number;
  memoryMiB: number;
  memory: string;
  startSeconds: number;
  replicas: number;
}

const service = (name: string, perVisit: number, cpuSeconds: number, more: Partial<Service> = {}): Service => ({
  ...{ name, perVisit, cpuSeconds, memoryMiB: 90, memory: '256Mi', startSeconds: 15, replicas: 2 },
  ...more,
});

/** The services of a web shop such as Online Boutique, with what a visit asks of each. */
const shopServices: readonly Service[] = [
  service('frontend', 1, 0.012, { replicas: 3, startSeconds: 20 }),
  service('productcatalogservice', 2.4, 0.002),
  service('cartservice', 0.6, 0.004, { memoryMiB: 140, startSeconds: 30 }),
  service('checkoutservice', 0.08, 0.009),
  service('recommendationservice', 0.9, 0.006, { memoryMiB: 180, startSeconds: 40 }),
  service('currencyservice', 2.8, 0.001),
  service('adservice', 0.8, 0.003, { memoryMiB: 170, startSeconds: 45 }),
];

const dayMs = 86_400_000;

/**
 * Visits a second: a day's wave with its peak in the evening, quieter weekends, and a sale every day at 20:00 (of the
 * cluster's clock) that multiplies them within two minutes.
 */
function visits(at: number, { base = 40, sale = 6 } = {}): number {
  const day = new Date(at).getUTCDay();
  const hour = (at % dayMs) / 3_600_000;
  const wave = 0.55 - 0.45 * Math.cos(((hour - 4) / 24) * 2 * Math.PI);
  const weekend = day === 0 || day === 6 ? 0.7 : 1;
  const minutes = (hour - 20) * 60;
  const rush = minutes < 0 || minutes > 45 ? 1 : 1 + (sale - 1) * Math.min(1, minutes / 2) * Math.exp(-minutes / 30);
  return base * wave * weekend * rush;
}

/** Images of the shop: the good ones as `:1.0`, and of each one that goes wrong in some way, to try the doctor with. */
export function shopImages(): Record<string, Image> {
  const images: Record<string, Image> = {};
  for (const { name, cpuSeconds, memoryMiB, startSeconds } of shopServices) {
    const good: Image = { cpuSecondsPerRequest: cpuSeconds, memoryMiB, startSeconds };
    images[`shop/${name}:1.0`] = good;
    images[`shop/${name}:broken`] = { ...good, ...faults.panic() };
    images[`shop/${name}:hungry`] = { ...good, ...faults.needsMemory(memoryMiB * 3.2) };
    images[`shop/${name}:leaky`] = { ...good, ...faults.leaks(60) };
  }
  return images;
}

/** Names of the services that visits come to. */
export const shopServiceNames: readonly string[] = shopServices.map(({ name }) => name);

/** Puts the shop into a cluster and sends it its visits: so many a second at an instant. */
export function openShop(sandbox: Sandbox, namespace = 'shop', visitsAt: (at: number) => number = visits): void {
  for (const { name, perVisit, memory, replicas } of shopServices) {
    sandbox.deploy({ namespace, name, image: `shop/${name}:1.0`, memory, replicas });
    sandbox.serve({ namespace, workload: name, rate: (at) => visitsAt(at) * perVisit });
  }
}
