import type { Policy } from '../routing/index.ts';
import type { GatewayProvider } from './gateway-settings.ts';
import { providerKinds } from './providers/provider-kinds.ts';

/**
 * Models that policies can choose, by the policy's name, with their providers as prices know them, and the quality that the policy
 * expects of them. A route that hands on whatever model is asked for names none.
 */
export function pricedModels(
  policies: readonly Pick<Policy, 'name' | 'choose'>[],
  providers: readonly GatewayProvider[],
): Map<string, { provider: string; model: string; quality?: number }[]> {
  const semantic = new Map(
    providers.map(({ name, kind }) => [name, kind === 'compatible' ? name : providerKinds[kind].semanticName]),
  );
  const models = new Map<string, { provider: string; model: string; quality?: number }[]>();
  for (const { name, choose } of policies) {
    const named = choose.routes
      .filter(({ model }) => !model.includes('*'))
      .map(({ provider, model, quality }) => ({
        ...{ provider: semantic.get(provider) ?? provider, model },
        ...(quality === undefined ? {} : { quality }),
      }));
    models.set(name, [...(models.get(name) ?? []), ...named]);
  }
  return models;
}
