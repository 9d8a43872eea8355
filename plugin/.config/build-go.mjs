// Builds the data source's executable into dist/datasource, where Grafana looks for gpx_amadeus_<os>_<arch>.
// Without arguments for this machine, with --all for every platform of the catalogue.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const systems = { linux: 'linux', darwin: 'darwin', win32: 'windows' };
const architectures = { x64: 'amd64', arm64: 'arm64' };
const say = (text) => process.stderr.write(`${text}\n`);

const every = ['linux', 'darwin', 'windows'].flatMap((os) => ['amd64', 'arm64'].map((cpu) => [os, cpu]));
const here = [[systems[platform()], architectures[arch()]]];
const targets = process.argv.includes('--all') ? every : here;

if (spawnSync('go', ['version']).status !== 0) {
  say('Go is not on the PATH: the data source executable is not built. Charts and alert rules need it; install Go 1.26 (https://go.dev/dl) and repeat.');
  process.exit(0);
}
if (targets.some(([os, cpu]) => os === undefined || cpu === undefined)) {
  say(`There is no executable for ${platform()} on ${arch()}: Grafana runs it on Linux, macOS and Windows, amd64 and arm64.`);
  process.exit(1);
}
mkdirSync(join(root, 'dist', 'datasource'), { recursive: true });
for (const [os, cpu] of targets) {
  const file = join('dist', 'datasource', `gpx_amadeus_${os}_${cpu}${os === 'windows' ? '.exe' : ''}`);
  say(`Building ${file}`);
  const built = spawnSync('go', ['build', '-trimpath', '-ldflags', '-s -w', '-o', file, './pkg'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, CGO_ENABLED: '0', GOOS: os, GOARCH: cpu },
  });
  if (built.status !== 0) process.exit(1);
  chmodSync(join(root, file), 0o755);
}
