import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pythonWith } from '../../.config/python-packages.ts';
import { Sandbox } from './sandbox.ts';
import { openShop, shopImages } from './shop.ts';
import { ShopFront } from './shop-front.ts';

const root = join(import.meta.dirname, '..', '..');
const python = pythonWith(
  join(root, 'node_modules', '.cache', 'amadeus-locust'),
  ['locust==2.47.0'],
  (text) => void process.stderr.write(`${text}\n`),
);
const testWithLocust = python === undefined ? test.skip : test;

interface Row {
  name: string;
  num_requests: number;
  num_failures: number;
}

/** Locust with the journeys of deploy/locust, for a tenth of a day of the shop that takes some ten seconds. */
async function runLocust(host: string): Promise<{ code: number | null; rows: Row[]; said: string }> {
  const folder = join(root, 'deploy', 'locust');
  const child = spawn(
    python!,
    [
      '-m',
      'locust',
      '-f',
      join(folder, 'locustfile.py'),
      '--host',
      host,
      '--headless',
      '--json',
      '--stop-timeout',
      '5',
    ],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        ...{ USERS: '120', DAYS: '0.1', SPEED: '720', START_HOUR: '19' },
        PYTHONDONTWRITEBYTECODE: '1',
      },
    },
  );
  let [out, said] = ['', ''];
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  const json = out.slice(out.indexOf('['));
  return { code, rows: code === null || json === '' ? [] : (JSON.parse(json) as Row[]), said };
}

testWithLocust(
  'the journeys of Locust lead through the shop, and are the load of its pods',
  async () => {
    const sandbox = new Sandbox({ start: Date.parse('2026-11-02T19:00:00Z'), images: shopImages(), stepMs: 250 });
    openShop(sandbox);
    sandbox.advance(90_000);
    const front = new ShopFront(sandbox);
    const before = sandbox.counters('shop', 'checkoutservice')!.served;
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      sandbox.advance(now - last);
      last = now;
    }, 250);
    try {
      const { code, rows, said } = await runLocust(await front.listen());
      sandbox.advance(2_000);
      expect({ code, said: code === 0 ? '' : said }).toEqual({ code: 0, said: '' });
      const requests = new Map(rows.map(({ name, num_requests }) => [name, num_requests]));
      for (const name of ['home', 'product', 'search', 'cart', 'add to cart'])
        expect(requests.get(name)).toBeGreaterThan(0);
      expect(
        rows.map(({ name, num_failures }) => [name, num_failures]).filter(([, failures]) => failures !== 0),
      ).toEqual([]);
      // Where one is sent on to the next page, Locust counts both as one.
      const counted = [...requests.values()].reduce((sum, count) => sum + count, 0);
      expect(front.answered).toBeGreaterThanOrEqual(counted);
      expect(sandbox.counters('shop', 'frontend')!.served).toBeGreaterThanOrEqual(counted);
      const orders = requests.get('checkout') ?? 0;
      expect(Math.round(sandbox.counters('shop', 'checkoutservice')!.served - before)).toBe(orders);
    } finally {
      clearInterval(timer);
      await front.close();
    }
  },
  120_000,
);
