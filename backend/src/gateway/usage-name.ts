import type { GatewayProvider } from './gateway-settings.ts';
import { providerKinds } from './providers/provider-kinds.ts';

/** @returns the name under which usage and prices know a provider of the gateway. */
export function usageNameOf({ name, kind }: Pick<GatewayProvider, 'name' | 'kind'>): string {
  return kind === 'compatible' ? name : providerKinds[kind].semanticName;
}
