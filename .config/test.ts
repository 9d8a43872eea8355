// `npm test`: formatting, lint, types, room rules, dead code, and the tests of every workspace. Runs everything even when a
// part fails, and ends with one line that counts: `N passed, N failed, N skipped`.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { executableName, goSources, sha256 } from '../plugin/.config/prebuilt.mjs';
import { readManifest } from './plugin-build.ts';
import { pythonWith } from './python-packages.ts';

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

interface Step {
  name: string;
  run(): Promise<Count>;
}

const root = process.env.AMADEUS_ROOT ?? process.cwd();
/** What a run leaves behind; everything that a test writes by way of the system's temporary folder is in it, and goes with it. */
const scratch = mkdtempSync(join(tmpdir(), 'amadeus-test-'));
// An account of its own runs PostgreSQL where root tests: it has to pass through.
chmodSync(scratch, 0o711);
const temporary = join(scratch, 'tmp');
mkdirSync(temporary, { mode: 0o711 });
for (const name of ['TMPDIR', 'TMP', 'TEMP']) process.env[name] = temporary;
process.once('exit', () => rmSync(scratch, { recursive: true, force: true, maxRetries: 3 }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
/** Compiled tests outlive a run. */
const cache = join(root, 'node_modules', '.cache', 'jest');
const bin = (name: string, file: string): string => join(root, 'node_modules', name, file);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

function execute(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...options.env },
    });
    child.on('error', (error) => {
      say(`${command} could not be started: ${error.message}`);
      resolve(127);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

function check(name: string, command: string, args: readonly string[]): Step {
  return {
    name,
    run: async () =>
      (await execute(command, args)) === 0
        ? { passed: 1, failed: 0, skipped: 0 }
        : { passed: 0, failed: 1, skipped: 0 },
  };
}

function jest(workspace: string, nodeOptions: string, extra: readonly string[]): Step {
  return {
    name: `tests of ${workspace}`,
    run: async () => {
      const report = join(scratch, `${workspace}.json`);
      rmSync(report, { force: true });
      const code = await execute(
        process.execPath,
        [bin('jest', 'bin/jest.js'), `--cacheDirectory=${cache}`, '--json', `--outputFile=${report}`, ...extra],
        { cwd: join(root, workspace), env: { NODE_OPTIONS: nodeOptions, NODE_NO_WARNINGS: '1' } },
      );
      if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
      const result = JSON.parse(readFileSync(report, 'utf8')) as {
        numPassedTests: number;
        numFailedTests: number;
        numPendingTests: number;
        numFailedTestSuites: number;
        numRuntimeErrorTestSuites: number;
      };
      const broken = result.numRuntimeErrorTestSuites;
      const failed = result.numFailedTests + broken;
      return {
        passed: result.numPassedTests,
        failed: failed === 0 && code !== 0 ? 1 : failed,
        skipped: result.numPendingTests,
      };
    },
  };
}

/** The plugin's tests on the React of Grafana 13.2 and later, which is installed beside the workspaces' own. */
const react19: Step = {
  name: 'tests of plugin on React 19',
  run: async () => {
    const folder = join(root, 'plugin', 'react19');
    const installed = existsSync(join(folder, 'node_modules', 'react-dom', 'package.json'));
    if (
      !installed &&
      (await execute('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: folder })) !== 0
    ) {
      return { passed: 0, failed: 1, skipped: 0 };
    }
    return jest('plugin', '', ['--maxWorkers=2', '--config', 'jest.react19.config.mjs']).run();
  },
};

/** The SDKs that the tests of the LLM gateway call it with. Named by a variable, so that those tests need no path of ours. */
const pythonSdks: Step = {
  name: 'SDKs for Python, for the tests of backend',
  run: () => {
    const folder = join(root, 'node_modules', '.cache', 'python-sdks');
    const python = pythonWith(folder, ['openai==3.54.0', 'anthropic==2.12.0'], say);
    if (python !== undefined) process.env.GATEWAY_TEST_PYTHON = python;
    return Promise.resolve({ passed: 0, failed: 0, skipped: python === undefined ? 1 : 0 });
  },
};

/** Go's tests of the data source's executable, one event of `-json` a line. Skipped, and said so, where there is no Go. */
const goTests: Step = {
  name: "tests of the data source's executable",
  run: async () => {
    if (spawnSync('go', ['version']).status !== 0) {
      say('Go is not on the PATH: its tests are skipped.');
      return { passed: 0, failed: 0, skipped: 1 };
    }
    const run = spawnSync('go', ['test', '-json', './pkg/...'], {
      cwd: join(root, 'plugin'),
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    const count: Count = { passed: 0, failed: 0, skipped: 0 };
    for (const line of run.stdout.split('\n').filter((text) => text.startsWith('{'))) {
      const event = JSON.parse(line) as { Action: string; Test?: string; Output?: string };
      if (event.Action === 'output' && run.status !== 0) process.stderr.write(event.Output ?? '');
      if (event.Test === undefined) continue;
      if (event.Action === 'pass') count.passed++;
      if (event.Action === 'fail') count.failed++;
      if (event.Action === 'skip') count.skipped++;
    }
    if (run.status !== 0 && count.failed === 0) {
      say(run.stderr);
      count.failed++;
    }
    return count;
  },
};

/** The executables that came along are those of the sources: their list says so, and Go, where it is, builds the same. */
const prebuilt: Step = {
  name: 'executables that came along',
  run: async () => {
    const manifest = readManifest();
    const count: Count = { passed: 0, failed: 0, skipped: 0 };
    const expectTrue = (holds: boolean, otherwise: string): void => {
      if (holds) count.passed++;
      else {
        count.failed++;
        say(otherwise);
      }
    };
    const renew = 'Run `npm run build:go -w plugin -- --prebuilt` and commit plugin/prebuilt.';
    expectTrue(manifest?.sources === goSources(), `plugin/prebuilt was built from other sources. ${renew}`);
    for (const [name, { sha256: hash }] of Object.entries(manifest?.files ?? {})) {
      const packed = join(root, 'plugin', 'prebuilt', `${name}.br`);
      expectTrue(
        existsSync(packed) && sha256(brotliDecompressSync(readFileSync(packed))) === hash,
        `plugin/prebuilt/${name}.br is not what its list says. ${renew}`,
      );
    }
    const go = spawnSync('go', ['env', 'GOVERSION'], { encoding: 'utf8' });
    const own = manifest?.files[executableName(process.platform, process.arch) ?? ''];
    if (go.status !== 0 || own === undefined || go.stdout.trim() !== manifest?.go) {
      say(`Go ${manifest?.go ?? ''} is not on the PATH: that it builds the same executable was not checked.`);
      return { ...count, skipped: 1 };
    }
    const built = await execute('npm', ['run', 'build:go', '--silent'], { cwd: join(root, 'plugin') });
    const file = join(root, 'plugin', 'dist', 'datasource', executableName(process.platform, process.arch) ?? '');
    expectTrue(built === 0 && sha256(readFileSync(file)) === own.sha256, `Go builds other bytes. ${renew}`);
    return count;
  },
};

/** The browser tests run against a real Grafana; where there is none they are counted as skipped, and said so. */
const endToEnd: Step = {
  name: 'end-to-end tests in Grafana',
  run: async () => {
    const home = process.env.GRAFANA_HOME;
    if (!process.env.GRAFANA_URL && !(home && existsSync(home))) {
      say('No Grafana at GRAFANA_URL or GRAFANA_HOME: the end-to-end tests are skipped.');
      return { passed: 0, failed: 0, skipped: 1 };
    }
    const code = await execute(process.execPath, [join(root, '.config', 'e2e.ts'), join(scratch, 'e2e.json')]);
    if (!existsSync(join(scratch, 'e2e.json'))) return { passed: 0, failed: 1, skipped: 0 };
    const { stats } = JSON.parse(readFileSync(join(scratch, 'e2e.json'), 'utf8')) as {
      stats: { expected: number; unexpected: number; flaky: number; skipped: number };
    };
    const failed = stats.unexpected;
    return {
      passed: stats.expected + stats.flaky,
      failed: failed === 0 && code !== 0 ? 1 : failed,
      skipped: stats.skipped,
    };
  },
};

const node = process.execPath;
const only = process.argv.slice(2);
const steps: Step[] = [
  check('format', node, [bin('prettier', 'bin/prettier.cjs'), '--check', '--log-level=warn', '.']),
  check('lint', node, [bin('eslint', 'bin/eslint.js'), '.', '--max-warnings=0']),
  check('types of backend', node, [bin('typescript', 'bin/tsc'), '-p', 'backend']),
  check('types of models', node, [bin('typescript', 'bin/tsc'), '-p', 'models']),
  check('types of plugin', node, [bin('typescript', 'bin/tsc'), '-p', 'plugin']),
  check('types of scripts', node, [bin('typescript', 'bin/tsc'), '-p', '.config']),
  check('types of provisioning', node, [bin('typescript', 'bin/tsc'), '-p', 'provisioning']),
  check('types of the sandbox', node, [bin('typescript', 'bin/tsc'), '-p', 'deploy/sandbox']),
  check('types of the simulator', node, [bin('typescript', 'bin/tsc'), '-p', 'deploy/simulator']),
  check('rooms', node, [
    bin('dependency-cruiser', 'bin/dependency-cruiser.mjs'),
    '--config',
    '.config/dependency-cruiser.mjs',
    '--output-type',
    'err',
    'backend/src',
    'models/src',
    'plugin/src',
  ]),
  check('dead code', node, [bin('knip', 'bin/knip.js'), '--no-progress']),
  pythonSdks,
  jest('backend', '--experimental-vm-modules', ['--workerIdleMemoryLimit=900MB', '--maxWorkers=2']),
  jest('models', '--experimental-vm-modules', ['--maxWorkers=2']),
  jest('plugin', '', ['--maxWorkers=2']),
  react19,
  goTests,
  prebuilt,
  endToEnd,
].filter((step) => only.length === 0 || only.some((word) => step.name.includes(word)));

const sum: Count = { passed: 0, failed: 0, skipped: 0 };
const lines: string[] = [];
for (const step of steps) {
  say(`\n== ${step.name}`);
  const started = Date.now();
  const count = await step.run();
  sum.passed += count.passed;
  sum.failed += count.failed;
  sum.skipped += count.skipped;
  lines.push(
    `${count.failed === 0 ? 'ok  ' : 'FAIL'} ${step.name}: ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped (${Math.round((Date.now() - started) / 1000)} s)`,
  );
}
process.stdout.write(`\n${lines.join('\n')}\n\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped\n`);
process.exit(sum.failed === 0 ? 0 : 1);
