import { parseArgs } from 'node:util';
import { openPlatform } from './open-platform.ts';
import type { Config } from './platform/config/index.ts';
import { permissions, type Caller, type Permission } from './platform/identity/index.ts';

const usage = `keys create --name NAME --permission PERMISSION... [--days N]

Makes an API key for a program and prints it once. Whoever can run this command on the stores needs no other proof: it is how
the first key of an installation without Grafana or OIDC is made.
Permissions: ${permissions.filter((permission) => permission !== 'internal').join(', ')}
`;
const DAY_MS = 86_400_000;

/** @returns the exit status: 0, or 2 where what was asked for is not understood. */
export async function keysCommand(args: readonly string[], config: Config, version: string): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { name: { type: 'string' }, permission: { type: 'string', multiple: true }, days: { type: 'string' } },
  });
  const asked = values.permission ?? [];
  const unknown = asked.filter((name) => name === 'internal' || !(permissions as readonly string[]).includes(name));
  const days = Number(values.days ?? 90);
  if (
    positionals[0] !== 'create' ||
    !values.name ||
    asked.length === 0 ||
    unknown.length > 0 ||
    !(days > 0 && days <= 366)
  ) {
    process.stderr.write(`${unknown.length > 0 ? `There is no permission ${unknown.join(', ')}.\n\n` : ''}${usage}`);
    return 2;
  }
  const opened = await openPlatform(quiet(config), version, () => undefined);
  try {
    const { token } = await createKey(opened, values.name, asked as Permission[], days);
    process.stdout.write(`${token}\n`);
    return 0;
  } finally {
    await opened.close();
  }
}

/** The key alone goes to standard output; a script reads it there. */
function quiet(config: Config): Config {
  return { ...config, telemetry: { ...config.telemetry, logLevel: 'error' } };
}

async function createKey(
  { platform, identity }: Awaited<ReturnType<typeof openPlatform>>,
  name: string,
  asked: readonly Permission[],
  days: number,
): Promise<{ token: string }> {
  const maker: Caller = {
    kind: 'node',
    id: 'node:command',
    name: 'keys create',
    roles: [],
    permissions: new Set(asked),
    scope: { tenant: 'default', regions: 'all', teams: 'all', products: 'all' },
  };
  const expiresAt = new Date(platform.clock.now().getTime() + days * DAY_MS);
  return platform.store.transaction(async (tx) => {
    const issued = await identity.apiKeys.create(maker, { name, permissions: asked, expiresAt }, tx);
    const { id } = issued.key;
    await platform.audit.record(
      {
        tenant: 'default',
        actor: maker,
        action: 'apikey.created',
        target: `apikey:${id}`,
        after: { name, permissions: asked },
      },
      tx,
    );
    return issued;
  });
}
