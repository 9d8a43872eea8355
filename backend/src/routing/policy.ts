import type { Static } from 'typebox';
import type { PolicySettingsSchema, RouteSettingsSchema } from '../platform/config/index.ts';

/** A model at a provider, as a policy lists it. */
export type PolicyRoute = Static<typeof RouteSettingsSchema>;

/** Which requests a policy is for, how it chooses among its routes, and what it does when one fails. */
export type Policy = Static<typeof PolicySettingsSchema> & {
  /** Of the policy, where it serves as one of its versions. */
  version?: string;
};

/** What is known of a request before it is sent anywhere. */
export interface RoutedRequest {
  tenant: string;
  /** The model as the caller names it. */
  model: string;
  team?: string;
  product?: string;
  customer?: string;
  feature?: string;
  environment?: string;
  session?: string;
  /** Region of the installation that the caller's key is of. */
  region?: string;
  /** Id of the caller's key. */
  key?: string;
  /** Classes of personal data that were found in it, `none` where nothing was; absent where nobody looked. */
  piiClasses?: readonly string[];
  tags: Readonly<Record<string, string>>;
  /** Tokens of the prompt, estimated. */
  promptTokens: number;
  /** The most that may be answered; absent where the caller gives no bound. */
  maxOutputTokens?: number;
  /** Regions in which it may be answered; absent: anywhere. */
  regions?: readonly string[];
}

/** Name of a route in statistics, reasons and usage: provider and model. */
export function routeId(route: Pick<PolicyRoute, 'provider' | 'model'>): string {
  return `${route.provider}/${route.model}`;
}

const dimensions = ['team', 'product', 'customer', 'feature', 'environment', 'region'] as const;

/** Whether every condition of the policy holds. */
export function isFor({ match }: Pick<Policy, 'match'>, request: RoutedRequest): boolean {
  if (!match.models.some((pattern) => fits(request.model, pattern))) return false;
  for (const dimension of dimensions) {
    const wanted = match[dimension];
    if (wanted && !wanted.some((pattern) => fits(request[dimension] ?? '', pattern))) return false;
  }
  for (const [tag, pattern] of Object.entries(match.tags ?? {})) {
    if (!fits(request.tags[tag] ?? '', pattern)) return false;
  }
  const { piiClass } = match;
  const found = request.piiClasses ?? ['unknown'];
  if (piiClass && !found.some((one) => piiClass.some((pattern) => fits(one, pattern)))) return false;
  const { minPromptTokens = 0, maxPromptTokens = Infinity } = match;
  return request.promptTokens >= minPromptTokens && request.promptTokens <= maxPromptTokens;
}

/** `*` at the end stands for anything; the rest is literal. */
function fits(value: string, pattern: string): boolean {
  return pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : value === pattern;
}
