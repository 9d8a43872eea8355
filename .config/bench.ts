// `npm run bench -- NAME [--data DIR] ...`: benchmarks live in backend/bench and models/bench, one file each, and export a
// `description` and `run(args)`. Without a name they are listed.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Bench {
  description: string;
  run(args: readonly string[]): Promise<void>;
}

const root = process.env.AMADEUS_ROOT ?? process.cwd();
const found = new Map<string, string>();
for (const folder of ['backend/bench', 'models/bench']) {
  if (!existsSync(join(root, folder))) continue;
  for (const file of readdirSync(join(root, folder)).filter((name) => /^[a-z-]+\.ts$/.test(name))) {
    found.set(file.replace(/\.ts$/, ''), join(root, folder, file));
  }
}
found.delete('report');

const load = async (file: string): Promise<Bench> => (await import(pathToFileURL(file).href)) as Bench;
const [name, ...args] = process.argv.slice(2);
const file = name === undefined ? undefined : found.get(name);
if (file === undefined) {
  if (name !== undefined && name !== '--help') process.stderr.write(`There is no benchmark '${name}'.\n`);
  process.stdout.write('npm run bench -- NAME [--data DIR]\n\n');
  for (const [each, path] of [...found].sort())
    process.stdout.write(`  ${each.padEnd(12)} ${(await load(path)).description}\n`);
  process.exit(name === undefined || name === '--help' ? 0 : 2);
}
await (await load(file)).run(args);
