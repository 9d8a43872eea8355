import type { Static } from 'typebox';
import type { GatewaySettingsSchema } from './gateway-settings.ts';

type Settings = Pick<Static<typeof GatewaySettingsSchema>, 'providers' | 'policies' | 'presidio'>;

/** What is wrong in what policies say of personal data and caches, one sentence each. */
export function privacyProblems({ providers, policies, presidio }: Settings): string[] {
  const known = new Set(providers.map(({ name }) => name));
  return policies.flatMap(({ name, privacy, cache }) => {
    const problems: string[] = [];
    const routes = privacy?.action === 'route' || Object.values(privacy?.perKind ?? {}).includes('route');
    if (routes && privacy?.regions === undefined)
      problems.push(`${name} routes personal data and names no \`privacy.regions\` that may read it`);
    if (privacy?.presidio === true && presidio === undefined)
      problems.push(`${name} asks Presidio, and \`gateway.presidio.url\` is not set`);
    const { provider, model } = cache?.semantic ?? {};
    if ((provider === undefined) !== (model === undefined))
      problems.push(`${name} names one of \`cache.semantic.provider\` and \`model\`; name both or none`);
    if (provider !== undefined && !known.has(provider))
      problems.push(`${name} takes embeddings of ${provider}, which is not in gateway.providers`);
    return problems.map((problem) => `gateway.policies: ${problem}`);
  });
}
