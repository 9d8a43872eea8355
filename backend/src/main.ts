import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { stringify } from 'yaml';
import { ConfigError, loadConfig, redactConfig, type Config } from './platform/config/index.ts';
import { systemClock } from './platform/clock/index.ts';
import { startShopExporter } from './estate/index.ts';

const usage = `node backend/src/main.ts [--config FILE] COMMAND

  serve                 run the service (default)
  config                print the configuration in force, secrets redacted
  keys create           make an API key (--name NAME --permission PERMISSION... [--days N])
  permissions           print routes and permissions as Markdown (docs/permissions.md)
  shop-exporter         serve the metrics of the generated shop (--port N, --host ADDRESS, --seed N)
  focus-check FILE      check a FOCUS file against a rule model (--rules MODEL; --help tells more)
  rebuild               load what counts again from the lake into a warehouse that lost it (--help tells more)
  audit verify EXPORT   check an exported audit log against its signed checkpoints, offline (--help tells more)
`;

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

function option(args: string[], name: string): string | undefined {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args.splice(at, 2)[1];
}

/**
 * What V8 does to save memory costs calls their time (docs/figures.md, bench gateway). Where objects of one place in the code
 * lived long for a while, it makes all later ones among the old, and whatever these point to follows: more than half of what
 * moved there in a busy gateway were such calls, long over. And after some seconds of quiet it makes the heap tight and throws
 * away code: of the calls that come next, those of the first third of a second waited for room and for the compiler.
 */
function setUpEngine(): void {
  for (const flag of ['--no-allocation-site-pretenuring', '--no-flush-bytecode', '--memory-reducer-gc-count=0'])
    setFlagsFromString(flag);
}

async function runCommand(args: string[]): Promise<number> {
  const file = option(args, '--config') ?? process.env.AMADEUS_CONFIG;
  const read = (): Config =>
    loadConfig({ environment: process.env, ...(file === undefined ? {} : { file: resolve(file) }) });
  const [command = 'serve', ...rest] = args;
  switch (command) {
    case 'serve':
      setUpEngine();
      return (await import('./serve.ts')).serve(read(), version, {
        loading: rest.includes('--loading'),
        makingKeys: rest.includes('--making-keys'),
      });
    case 'config':
      process.stdout.write(stringify(redactConfig(read())));
      return 0;
    case 'shop-exporter':
      return exportShop(rest);
    case 'focus-check':
      return (await import('./focus-check-command.ts')).focusCheckCommand(rest);
    case 'audit':
      return (await import('./audit-command.ts')).auditCommand(rest);
    case 'keys':
      return (await import('./keys-command.ts')).keysCommand(rest, read(), version);
    case 'rebuild':
      return (await import('./rebuild-command.ts')).rebuildCommand(rest, read(), version);
    case 'permissions':
      return printPermissions(read());
    default:
      process.stderr.write(usage);
      return command === '--help' ? 0 : 2;
  }
}

/** Routes and permissions as Markdown, from the routes that the service declares. */
async function printPermissions(config: Config): Promise<number> {
  const [{ openPlatform }, { composeRooms }, { buildApp }, { permissionTable }] = await Promise.all([
    import('./open-platform.ts'),
    import('./compose.ts'),
    import('./build-app.ts'),
    import('./access/index.ts'),
  ]);
  const quiet: Config = { ...config, telemetry: { ...config.telemetry, logLevel: 'error' } };
  const opened = await openPlatform(quiet, version, () => undefined);
  try {
    const app = await buildApp(opened, composeRooms(opened, { version, onProgress: () => undefined }), version);
    await app.ready();
    process.stdout.write(permissionTable(app));
    await app.close();
    return 0;
  } finally {
    await opened.close();
  }
}

async function exportShop(args: string[]): Promise<number> {
  const exporter = await startShopExporter({
    seed: Number(option(args, '--seed') ?? 42),
    host: option(args, '--host') ?? '127.0.0.1',
    port: Number(option(args, '--port') ?? 9464),
    clock: systemClock,
  });
  process.stdout.write(`The shop's metrics are at port ${exporter.port}, path /metrics.\n`);
  await new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
  });
  await exporter.close();
  return 0;
}

try {
  process.exitCode = await runCommand(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : ((error as Error).stack ?? String(error))}\n`);
  process.exitCode = error instanceof ConfigError ? 78 : 1;
}
