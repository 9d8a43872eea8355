// Builds the plugin when its sources are newer than what was built.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { executableName, goSources, sha256 } from '../plugin/.config/prebuilt.mjs';

export interface PluginBuild {
  ok: boolean;
}

const root = process.env.AMADEUS_ROOT ?? process.cwd();
const plugin = join(root, 'plugin');

/** Builds what is stale: the app and data source by webpack, the executable from what came along or by Go. */
export async function buildPlugin(options: { all: boolean; log(line: string): void }): Promise<PluginBuild> {
  const pages = fingerprint([
    'src',
    '.config',
    'package.json',
    'webpack.config.ts',
    'tsconfig.json',
    'README.md',
    'CHANGELOG.md',
  ]);
  if (!fresh('pages', pages, join(plugin, 'dist', 'module.js'))) {
    options.log('Building the plugin (about a minute) ...');
    if ((await run('npm', ['run', 'build', '--silent'])) !== 0) return { ok: false };
    stamp('pages', pages);
  }
  return { ok: options.all ? await buildEvery(options.log) : await bringExecutable(options.log) };
}

/** The executable of this machine: the one that came along where it was built from these sources, else built by Go. */
async function bringExecutable(log: (line: string) => void): Promise<boolean> {
  const sources = goSources();
  const name = executableName(process.platform, process.arch);
  const wanted = `${sources} ${name}`;
  if (name === undefined) {
    log(`Grafana runs no data source on ${process.platform} ${process.arch}: its charts stay empty there.`);
    return true;
  }
  const file = join(plugin, 'dist', 'datasource', name);
  if (fresh('executable', wanted, file)) return true;
  const carried = readManifest();
  if (carried?.sources === sources && carried.files[name] !== undefined) {
    await unpack(name, carried.files[name].sha256, file);
  } else if (spawnSync('go', ['version']).status === 0) {
    log("Building the data source's executable ...");
    if ((await run('npm', ['run', 'build:go', '--silent'])) !== 0) return false;
  } else {
    log(
      "The data source's executable is older than its sources, and Go is not on the PATH: charts stay empty. Install Go 1.26 and start again.",
    );
    return true;
  }
  stamp('executable', wanted);
  return true;
}

async function buildEvery(log: (line: string) => void): Promise<boolean> {
  log("Building the data source's executables ...");
  return (await run('npm', ['run', 'build:go', '--silent', '--', '--all'])) === 0;
}

export interface PrebuiltManifest {
  /** What the executables were built from, see goSources. */
  sources: string;
  /** Version of Go that built them. */
  go: string;
  files: Record<string, { sha256: string; bytes: number }>;
}

/** The list of executables that came along; undefined where there are none. */
export function readManifest(): PrebuiltManifest | undefined {
  const path = join(plugin, 'prebuilt', 'manifest.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as PrebuiltManifest) : undefined;
}

/** Unpacks an executable that came along. @throws Error where it is not the one that the list names; nothing is written */
async function unpack(name: string, hash: string, file: string): Promise<void> {
  const bytes = await promisify(brotliDecompress)(readFileSync(join(plugin, 'prebuilt', `${name}.br`)));
  if (sha256(bytes) !== hash) throw new Error(`plugin/prebuilt/${name}.br is damaged; restore it from the repository.`);
  mkdirSync(dirname(file), { recursive: true });
  // A Grafana may be running the one before: a new name in its place, not new bytes in its file.
  writeFileSync(`${file}.new`, bytes, { mode: 0o755 });
  renameSync(`${file}.new`, file);
}

function run(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: plugin, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
    child.on('error', () => resolve(127));
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

function fresh(file: string, wanted: string, built: string): boolean {
  const path = join(plugin, '.build', file);
  return existsSync(built) && existsSync(path) && readFileSync(path, 'utf8') === wanted;
}

function stamp(file: string, value: string): void {
  mkdirSync(join(plugin, '.build'), { recursive: true });
  writeFileSync(join(plugin, '.build', file), value);
}

function fingerprint(entries: readonly string[]): string {
  const hash = createHash('sha256');
  const add = (path: string): void => {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name));
    else hash.update(path.slice(plugin.length)).update(readFileSync(path));
  };
  for (const entry of entries) add(join(plugin, entry));
  return hash.digest('hex');
}
