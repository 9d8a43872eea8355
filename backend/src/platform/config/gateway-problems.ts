import type { Static } from 'typebox';
import type { GatewaySettingsSchema } from './gateway-settings.ts';
import { privacyProblems } from './privacy-problems.ts';

type GatewaySettings = Pick<Static<typeof GatewaySettingsSchema>, 'providers' | 'policies' | 'presidio'> &
  Partial<Pick<Static<typeof GatewaySettingsSchema>, 'limits'>>;

const strategySettings = [
  { setting: 'maxLatencyMs', strategy: 'cheapest' },
  { setting: 'maxCost', strategy: 'fastest' },
  { setting: 'scoreWeights', strategy: 'score' },
] as const;

/** What is wrong between the parts of the gateway's settings, one sentence each. */
export function gatewayProblems(settings: GatewaySettings): string[] {
  const { providers, policies, limits = [] } = settings;
  const known = new Set(providers.map(({ name }) => name));
  return [
    ...repeated(providers).map((name) => `gateway.providers: ${name} stands there twice; give each its own name`),
    ...repeated(policies).map((name) => `gateway.policies: ${name} stands there twice; give each its own name`),
    ...providers
      .filter(({ kind, url }) => url === undefined && (kind === 'compatible' || kind === 'azure-openai'))
      .map(({ name, kind }) => `gateway.providers: ${name} needs a \`url\`, as ${kind} has no address of its own`),
    ...providers
      .filter(({ kind, aws }) => kind === 'bedrock' && aws === undefined)
      .map(({ name }) => `gateway.providers: ${name} needs \`aws.region\`, as bedrock has one address in each`),
    ...providers
      .filter(({ aws }) => (aws?.accessKeyIdVariable === undefined) !== (aws?.secretAccessKeyVariable === undefined))
      .map(({ name }) => `gateway.providers: ${name} names one half of an access key; name both variables or none`),
    ...policies
      .filter(({ cascade, choose }) => cascade !== undefined && cascade.cheapRoutes >= choose.routes.length)
      .map(({ name }) => `gateway.policies: ${name} has a cascade without a stronger route behind its cheap ones`),
    ...policies.flatMap((policy) => judgeProblems(policy, providers)),
    ...policies
      .filter(({ choose }) => choose.routes.every(({ weight }) => weight === 0) && choose.strategy === 'weights')
      .map(({ name }) => `gateway.policies: ${name} gives every route the weight 0`),
    ...policies.flatMap(({ name, choose }) =>
      strategySettings
        .filter(({ setting, strategy }) => choose[setting] !== undefined && choose.strategy !== strategy)
        .map(
          ({ setting, strategy }) =>
            `gateway.policies: ${name} sets \`${setting}\`, which counts with strategy ${strategy} alone; leave it out`,
        ),
    ),
    ...limits
      .filter(({ timeZone }) => timeZone !== undefined && !isZone(timeZone))
      .map(({ name, timeZone }) => `gateway.limits: ${name} names the time zone ${timeZone}, which there is not`),
    ...limits
      .filter(({ timeZone, window }) => timeZone !== undefined && window === 'rolling')
      .map(({ name }) => `gateway.limits: ${name} is rolling, which knows no \`timeZone\`; leave it out`),
    ...privacyProblems(settings),
    ...policies.flatMap(({ name, choose }) =>
      choose.routes
        .filter(({ provider }) => !known.has(provider))
        .map(
          ({ provider }) =>
            `gateway.policies: ${name} names the provider ${provider}, which is not in gateway.providers`,
        ),
    ),
  ];
}

/** The judge of a cascade reads the request, so that it may be nowhere where the request may not go. */
function judgeProblems(
  { name, cascade, guards }: GatewaySettings['policies'][number],
  providers: GatewaySettings['providers'],
): string[] {
  const judge = cascade?.judge;
  if (!judge) return [];
  const provider = providers.find((one) => one.name === judge.provider);
  if (!provider)
    return [
      `gateway.policies: ${name} names the judge's provider ${judge.provider}, which is not in gateway.providers`,
    ];
  if (!guards?.regions || guards.regions.includes(provider.region ?? '')) return [];
  return [
    `gateway.policies: ${name} allows the regions ${guards.regions.join(', ')} alone, and its judge is at ` +
      `${judge.provider} in ${provider.region ?? 'an unknown region'}; name another judge`,
  ];
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function repeated(list: readonly { name: string }[]): string[] {
  const names = list.map(({ name }) => name);
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
}
