import { parseArgs } from 'node:util';
import { composeFinops } from './compose-finops.ts';
import { openPlatform } from './open-platform.ts';
import type { Config } from './platform/config/index.ts';

const usage = `rebuild [--tenant TENANT] [--source SOURCE] [--period YYYY-MM]

Loads again, from the lake, what counts now: for a warehouse that lost its rows. Rows come back as they were; readers see
what is there until each month is whole again. With the embedded stores, stop the service first.
`;

/** @returns the exit status: 0, 1 where something could not be loaded, 2 where what was asked for is not understood. */
export async function rebuildCommand(args: readonly string[], config: Config, version: string): Promise<number> {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { tenant: text, source: text, period: text, help: { type: 'boolean' } },
  });
  if (values.help || positionals.length > 0 || (values.period && !/^\d{4}-\d{2}$/.test(values.period))) {
    process.stderr.write(usage);
    return values.help ? 0 : 2;
  }
  const opened = await openPlatform(config, version, () => undefined);
  try {
    const { anycost } = composeFinops(opened.platform);
    let failed = 0;
    const { tenant, source, period } = values;
    const query = { ...(tenant ? { tenant } : {}), ...(source ? { source } : {}), ...(period ? { period } : {}) };
    const rebuilt = await anycost.rebuild(query, (report) => {
      if (report.failure !== undefined) failed += 1;
      const outcome = report.failure ?? `${report.rows} rows`;
      process.stdout.write(`${report.source} ${report.periods.join(', ')} (${report.fileName}): ${outcome}\n`);
    });
    process.stdout.write(`${rebuilt} files were loaded again${failed > 0 ? `, ${failed} of them failed` : ''}.\n`);
    return failed > 0 ? 1 : 0;
  } finally {
    await opened.close();
  }
}
