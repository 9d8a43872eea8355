// Packages of Python for tests that drive the service as programs in Python do: in an environment of their own, made once.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const pipTimeoutMs = 300_000;

/**
 * @param requirements as pip reads them, with versions
 * @returns the path of a Python that has the packages; undefined, and said why, where there is no Python or no way to the packages
 */
export function pythonWith(
  folder: string,
  requirements: readonly string[],
  say: (text: string) => void,
): string | undefined {
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const stamp = join(folder, 'installed.txt');
  const wanted = requirements.join('\n');
  if (existsSync(python) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return python;
  const named = process.platform === 'win32' ? 'python' : 'python3';
  if (spawnSync(named, ['-m', 'venv', '--clear', folder], { stdio: 'ignore' }).status !== 0) {
    say(`${named} with venv is not on the PATH: what needs Python is skipped.`);
    return undefined;
  }
  const pip = spawnSync(
    python,
    ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', ...requirements],
    { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8', timeout: pipTimeoutMs },
  );
  if (pip.status !== 0) {
    say(
      `pip cannot install ${requirements.join(', ')}: what needs them is skipped. It said: ${pip.stderr?.trim().slice(-300)}`,
    );
    return undefined;
  }
  writeFileSync(stamp, wanted);
  return python;
}
