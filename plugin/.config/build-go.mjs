// Builds the data source's executable into dist/datasource, where Grafana looks for gpx_amadeus_<os>_<arch>.
// Without arguments for this machine, with --all for every platform of the catalogue. With --prebuilt it also renews
// prebuilt/: the executables that `npm start` unpacks where no Go is at hand.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { executableName, goSources, prebuiltTargets, sha256 } from './prebuilt.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const say = (text) => process.stderr.write(`${text}\n`);

const every = ['linux', 'darwin', 'win32'].flatMap((os) => ['x64', 'arm64'].map((cpu) => [os, cpu]));
const renew = process.argv.includes('--prebuilt');
const targets = process.argv.includes('--all') ? every : renew ? prebuiltTargets : [[platform(), arch()]];

const go = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' });
if (go.status !== 0) {
  say('Go is not on the PATH: the data source executable is not built. Install Go 1.26 (https://go.dev/dl) and repeat.');
  process.exit(renew ? 1 : 0);
}
if (targets.some(([os, cpu]) => executableName(os, cpu) === undefined)) {
  say(`There is no executable for ${platform()} on ${arch()}: Grafana runs it on Linux, macOS and Windows, amd64 and arm64.`);
  process.exit(1);
}
mkdirSync(join(root, 'dist', 'datasource'), { recursive: true });
for (const [os, cpu] of targets) {
  const file = join('dist', 'datasource', executableName(os, cpu));
  say(`Building ${file}`);
  // Nothing of the machine or of the commit goes in, so that equal sources give equal bytes.
  const flags = ['build', '-trimpath', '-buildvcs=false', '-ldflags', '-s -w -buildid=', '-o', file, './pkg'];
  const built = spawnSync('go', flags, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: {
      ...process.env,
      CGO_ENABLED: '0',
      GOAMD64: 'v1',
      GOARM64: 'v8.0',
      GOOS: os === 'win32' ? 'windows' : os,
      GOARCH: cpu === 'x64' ? 'amd64' : cpu,
    },
  });
  if (built.status !== 0) process.exit(1);
  chmodSync(join(root, file), 0o755);
}
if (renew) pack();

function pack() {
  const folder = join(root, 'prebuilt');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = {};
  for (const [os, cpu] of prebuiltTargets) {
    const name = executableName(os, cpu);
    const bytes = readFileSync(join(root, 'dist', 'datasource', name));
    say(`Packing ${name}`);
    const params = {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    };
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(bytes, { params }));
    files[name] = { sha256: sha256(bytes), bytes: bytes.length };
  }
  const manifest = { sources: goSources(), go: go.stdout.trim(), files };
  writeFileSync(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}
