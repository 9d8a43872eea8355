import type { Static } from 'typebox';
import type { GatewaySettingsSchema } from './gateway-settings.ts';
import { personalKinds } from './privacy-settings.ts';

type Settings = Pick<Static<typeof GatewaySettingsSchema>, 'providers' | 'policies' | 'presidio'>;

/** What a call can be said to hold before its policy is known: lists of names are those of policies. */
const classes: readonly string[] = [...personalKinds.filter((kind) => kind !== 'name'), 'none', 'unknown'];

/** What is wrong in what policies say of personal data and caches, one sentence each. */
export function privacyProblems({ providers, policies, presidio }: Settings): string[] {
  const known = new Set(providers.map(({ name }) => name));
  return policies.flatMap(({ name, match, privacy, cache }) => {
    const problems = (match.piiClass ?? [])
      .filter((pattern) => !fitsAny(pattern))
      .map(
        (pattern) =>
          `${name} is for the class ${pattern} of personal data, which no call is seen to hold when its policy is chosen; ` +
          `name some of ${classes.join(', ')}`,
      );
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

/** As routing matches them. */
function fitsAny(pattern: string): boolean {
  if (!pattern.endsWith('*')) return classes.includes(pattern);
  return classes.some((one) => one.startsWith(pattern.slice(0, -1)));
}
