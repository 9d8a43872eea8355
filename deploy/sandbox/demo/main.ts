// The demo's cluster as a process of its own: `node deploy/sandbox/demo/main.ts --plan FILE [--port N]`. It says where it
// listens in one line, and ends with SIGTERM or with whoever started it.
import { readFileSync } from 'node:fs';
import { DemoCluster } from './demo-cluster.ts';
import type { DemoPlan } from './plan.ts';

const argument = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};
const file = argument('plan');
const port = Number(argument('port') ?? '0');
if (file === undefined || !Number.isInteger(port)) {
  process.stderr.write('--plan needs a file, and --port a whole number.\n');
  process.exit(2);
}
const demo = new DemoCluster(JSON.parse(readFileSync(file, 'utf8')) as DemoPlan, Date.now());
const url = await demo.sandbox.listen(port);
process.stdout.write(`Cluster, metrics and /api/v1/query at ${url}\n`);

const timer = setInterval(() => demo.advance(Math.max(0, Date.now() - demo.sandbox.now())), 1_000);
const stop = (): void => {
  clearInterval(timer);
  void demo.sandbox.close();
  if (process.connected) process.disconnect();
};
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
if (process.connected) process.once('disconnect', stop);
