import { listedItems } from './list-prices-hardware.ts';
import { listedModels } from './list-prices-llm.ts';
import { always, type NewVersion } from './price-repository.ts';
import { providerKey } from './provider-name.ts';

/** The prices that come with Amadeus, shared by all tenants: every other source comes before them. */
export function listPrices(): NewVersion[] {
  const common = { tenant: '', region: '', currency: 'USD', validFrom: always, validTo: null, source: 'list' as const };
  const models = listedModels.map(({ provider, item, components, note }): NewVersion => ({
    ...common,
    ...{ kind: 'llm', provider: providerKey(provider), item, purchase: '', unit: 'usage', components, note },
    sourceKey: `${provider}/${item}`,
  }));
  const items = listedItems.map(({ provider, ...item }): NewVersion => ({
    ...common,
    ...item,
    provider: providerKey(provider, item.kind),
    components: [],
    sourceKey: [provider, item.item].filter(Boolean).join('/'),
  }));
  return [...models, ...items];
}
