// Builds the plugin when its sources are newer than what was built.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface PluginBuild {
  ok: boolean;
}

const root = process.env.AMADEUS_ROOT ?? process.cwd();
const plugin = join(root, 'plugin');

/** Builds what is stale: the app and data source by webpack, the executable where Go is on the PATH. */
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
  const executable = `${fingerprint(['pkg', 'go.mod', 'go.sum'])} ${options.all ? 'all' : `${process.platform}-${process.arch}`}`;
  if (fresh('executable', executable, join(plugin, 'dist', 'datasource'))) return { ok: true };
  if (spawnSync('go', ['version']).status !== 0) {
    options.log(
      'Go is not on the PATH: the data source has no executable, so charts stay empty. Install Go 1.26 and start again.',
    );
    return { ok: true };
  }
  options.log("Building the data source's executable ...");
  if ((await run('npm', ['run', 'build:go', '--silent', '--', ...(options.all ? ['--all'] : [])])) !== 0)
    return { ok: false };
  stamp('executable', executable);
  return { ok: true };
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
  const there =
    existsSync(built) && (!statSync(built).isDirectory() || readdirSync(built).some((name) => name.startsWith('gpx_')));
  return there && existsSync(path) && readFileSync(path, 'utf8') === wanted;
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
