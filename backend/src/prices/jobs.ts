import type { Loop, Platform } from '../platform/platform.ts';
import type { Reconciliation } from './reconciliation-contract.ts';
import { reconcile } from './reconcile.ts';
import { listAlerts, saveResolved, saveTold, tenantsWithUsage } from './reconciliation-repository.ts';
import type { Prices } from './prices.ts';

const everyMs = 60 * 60_000;
const dayMs = 86_400_000;
/** Whole days that are looked at: bills come late and are corrected. */
const days = 7;

type Parts = Pick<Platform, 'warehouse' | 'store' | 'clock' | 'notifier' | 'config'>;

/** Compares the last days' bills with the estimates every hour, and tells people where they differ by more than they allow. */
export function reconciliationLoop(platform: Parts, prices: Prices): Loop {
  return {
    name: 'prices-reconciliation',
    everyMs,
    offsetMs: 7 * 60_000,
    run: async (signal) => {
      for (const tenant of await tenantsWithUsage(platform.warehouse)) {
        if (signal.aborted) return;
        await checkTenant(platform, prices, tenant);
      }
    },
  };
}

async function checkTenant(platform: Parts, prices: Prices, tenant: string): Promise<void> {
  const { warehouse, store, clock, config } = platform;
  const now = clock.now();
  const to = new Date(Math.floor(now.getTime() / dayMs) * dayMs);
  const span = { from: new Date(to.getTime() - days * dayMs), to };
  const scope = { tenant, regions: 'all', teams: 'all', products: 'all' } as const;
  const threshold = config.prices.alertPercent;
  const found = await reconcile({ warehouse, prices, threshold }, span, scope);
  const alerts = new Map((await listAlerts(store, tenant)).map((alert) => [alert.provider, alert]));
  const above = new Set(found.providers.filter((provider) => provider.above).map(({ provider }) => provider));
  for (const provider of found.providers) {
    const alert = alerts.get(provider.provider);
    if (provider.above) {
      const quietUntil =
        alert && alert.resolvedAt === null ? alert.toldAt.getTime() + config.prices.alertCooldownHours * 3_600_000 : 0;
      if (now.getTime() < quietUntil) continue;
      await tell(platform, tenant, provider, found);
      await saveTold(store, tenant, provider.provider, now);
    } else if (alert && alert.resolvedAt === null && !above.has(provider.provider)) {
      await resolve(platform, tenant, provider);
      await saveResolved(store, tenant, provider.provider, now);
    }
  }
}

type ProviderTotals = Reconciliation['providers'][number];

async function tell(platform: Parts, tenant: string, provider: ProviderTotals, found: Reconciliation): Promise<void> {
  const { billed, estimated, difference, percent, currency } = provider;
  const share = percent === null ? '' : ` (${percent} % of the bill)`;
  await platform.notifier.send({
    title: `The bill of ${provider.provider} differs from the estimate by ${difference} ${currency}${share}`,
    text: found.findings
      .filter((finding) => finding.provider === provider.provider)
      .slice(0, 5)
      .map(({ text }) => text)
      .join('\n'),
    severity: 'warning',
    fields: {
      Days: `${found.from} to ${found.to}`,
      Billed: `${billed} ${currency}`,
      Estimated: `${estimated} ${currency}`,
      ...Object.fromEntries(provider.causes.map(({ cause, amount }) => [cause, `${amount} ${currency}`])),
    },
    ...link(platform),
    dedupKey: `reconciliation:${tenant}:${provider.provider}`,
    event: 'trigger',
  });
}

async function resolve(platform: Parts, tenant: string, provider: ProviderTotals): Promise<void> {
  await platform.notifier.send({
    title: `The bill of ${provider.provider} agrees with the estimate again`,
    severity: 'info',
    fields: { Difference: `${provider.difference} ${provider.currency}` },
    ...link(platform),
    dedupKey: `reconciliation:${tenant}:${provider.provider}`,
    event: 'resolve',
  });
}

function link({ config }: Parts): { url?: string } {
  const { publicUrl } = config.http;
  return publicUrl === undefined ? {} : { url: `${publicUrl}/api/prices/reconciliation` };
}
