// What belongs to the executables in prebuilt/: their names, and what they were built from.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const systems = { linux: 'linux', darwin: 'darwin', win32: 'windows' };
const architectures = { x64: 'amd64', arm64: 'arm64' };

/** Platforms on which the embedded engines run, and so `npm start`. Releases carry the executables of all six. */
export const prebuiltTargets = [
  ['linux', 'x64'],
  ['linux', 'arm64'],
  ['darwin', 'x64'],
  ['darwin', 'arm64'],
];

/** Grafana's name of the executable for Node's names of a platform; undefined where Grafana has none. */
export function executableName(os, cpu) {
  if (systems[os] === undefined || architectures[cpu] === undefined) return undefined;
  return `gpx_amadeus_${systems[os]}_${architectures[cpu]}${os === 'win32' ? '.exe' : ''}`;
}

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** SHA-256 of everything that the executable is built from; its tests do not count. */
export function goSources() {
  const files = ['go.mod', 'go.sum', ...listed(join(root, 'pkg'))].filter((file) => !file.endsWith('_test.go'));
  const hash = createHash('sha256');
  for (const file of files) hash.update(`${file}\0${readFileSync(join(root, file), 'utf8').replaceAll('\r\n', '\n')}\0`);
  return hash.digest('hex');
}

function listed(folder) {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? listed(path) : [relative(root, path).split(sep).join('/')];
    });
}
