// A cluster with a shop in it, to try the product against: `node deploy/sandbox/main.ts [--port 6443] [--speed 1]`.
// One second of the clock on the wall is `speed` seconds of the cluster's. Its API server, /metrics and Prometheus's query
// interface (/api/v1) stand at one address. With kubectl or curl, set an image to :broken, :hungry or :leaky and watch.
import { addOnKinds } from './api/object.ts';
import { Sandbox } from './sandbox.ts';
import { openShop, shopImages } from './shop.ts';

const argument = (name: string, otherwise: string): string => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : (process.argv[at + 1] ?? otherwise);
};
const port = Number(argument('port', '6443'));
const speed = Number(argument('speed', '1'));
if (!Number.isInteger(port) || !(speed > 0)) {
  process.stderr.write('--port must be a whole number and --speed more than 0.\n');
  process.exit(2);
}

const sandbox = new Sandbox({
  start: Date.now(),
  stepMs: Math.max(250, Math.min(5_000, speed * 250)),
  images: shopImages(),
  kinds: Object.values(addOnKinds),
  nodes: ['node-1', 'node-2', 'node-3'].map((name) => ({ name, cpu: '16', memory: '32Gi' })),
});
openShop(sandbox);
const url = await sandbox.listen(port);
process.stdout.write(`Cluster, metrics and /api/v1/query at ${url}\n`);

let last = performance.now();
const timer = setInterval(() => {
  const now = performance.now();
  sandbox.advance((now - last) * speed);
  last = now;
}, 250);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    clearInterval(timer);
    void sandbox.close();
  });
}
