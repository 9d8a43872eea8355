#!/usr/bin/env node
// The door of every npm script. Plain JavaScript without dependencies, so that any Node from 20 on can open it: it installs
// what the lockfile names, finds the Node 24 that came along, and hands over to it.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.amadeus-installed');
const manifests = [
  'package.json',
  'package-lock.json',
  'backend/package.json',
  'models/package.json',
  'plugin/package.json',
];

function fingerprint() {
  const hash = createHash('sha256').update(process.platform + process.arch);
  for (const file of manifests) hash.update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function install() {
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stderr.write('Installing packages (about two minutes the first time) ...\n');
  const started = Date.now();
  // Not `npm ci`: it demands optional packages of every platform in the lockfile, and mirrors do not carry them all.
  const npm = spawnSync(
    'npm',
    ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: root,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
    },
  );
  if (npm.status !== 0) {
    process.stderr.write(
      'npm could not install the packages. The lines above say why; check the registry and the proxy that npm uses.\n',
    );
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
  process.stderr.write(`Packages are installed (${Math.round((Date.now() - started) / 1000)} s).\n`);
}

function node24() {
  const folder = join(root, 'node_modules');
  const names = [
    `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`,
    `node-bin-${process.platform}-${process.arch}`,
  ];
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  const carried = names.map((name) => join(folder, name, 'bin', file)).find((path) => existsSync(path));
  if (carried) return carried;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  process.stderr.write(
    `Node 24 or newer is needed; npm carries none for ${process.platform}-${process.arch}. Install it and repeat.\n`,
  );
  process.exit(1);
}

const [command = 'help', ...rest] = process.argv.slice(2);
install();
const node = node24();
const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
const env = { ...process.env, PATH: path, AMADEUS_ROOT: root, NODE_NO_WARNINGS: '1' };
const entries = {
  start: [join(root, '.config', 'start.ts'), ...rest],
  test: [join(root, '.config', 'test.ts'), ...rest],
  bench: [join(root, '.config', 'bench.ts'), ...rest],
  build: [join(root, '.config', 'build.ts'), ...rest],
  train: [join(root, 'models', 'src', 'train-command.ts'), ...rest],
  exec:
    command === 'exec' && rest[0] ? [join(root, 'node_modules', rest[0], ...binary(rest[0])), ...rest.slice(1)] : [],
};

function binary(name) {
  const { bin } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
  return [typeof bin === 'string' ? bin : Object.values(bin)[0]];
}

const args = entries[command];
if (!args) {
  process.stderr.write(`There is no command '${command}'. Use one of: ${Object.keys(entries).join(', ')}.\n`);
  process.exit(2);
}
const child = spawn(node, args, { cwd: root, stdio: 'inherit', env });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  // The terminal sends Ctrl-C to the whole group; a signal to this process alone is handed on. Either way the child ends first.
  process.on(signal, () => child.kill(signal));
}
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 130 : 1)));
