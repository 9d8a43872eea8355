// For continuous integration on Debian as root: the real Prometheus, Redis and browser that some tests run against. Tests
// whose peer is absent say that they were skipped, so a failure here is no failure of the build.
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';

const wanted = { prometheus: 'prometheus', 'redis-server': 'redis-server' };
const missing = Object.entries(wanted).filter(([binary]) => spawnSync('which', [binary]).status !== 0);
if (missing.length > 0 && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  // Debian starts what it installs, on all addresses; the tests start their own on loopback.
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const apt = (...args) =>
      spawnSync('apt-get', ['-qq', '-y', ...args], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
        timeout: 300_000,
      });
    apt('update');
    apt('install', '--no-install-recommends', ...missing.map(([, name]) => name));
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}
