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

const usualTries = 3;

/** The request with the most that its answer may have under the guards of the policy, where the caller asks for more. */
export function bounded(request: RoutedRequest, { guards }: Pick<Policy, 'guards'>): RoutedRequest {
  const most = guards?.maxOutputTokens;
  if (most === undefined || (request.maxOutputTokens ?? 0) <= most) return request;
  return { ...request, maxOutputTokens: most };
}

/** Name of a route in statistics, reasons and usage: provider and model. */
/** So many tries a call has; a cascade as many for its cheap routes and for the others. */
export function mostTries({ guards }: Pick<Policy, 'guards'>): number {
  return guards?.maxAttempts ?? usualTries;
}

export function routeId(route: Pick<PolicyRoute, 'provider' | 'model'>): string {
  return `${route.provider}/${route.model}`;
}

const dimensions = ['team', 'product', 'customer', 'feature', 'environment', 'region'] as const;

/** Whether every condition of the policy holds. It is asked for each call, and says no more than that. */
export function isFor({ match }: Pick<Policy, 'match'>, request: RoutedRequest): boolean {
  if (!anyFits(request.model, match.models)) return false;
  for (const dimension of dimensions) {
    const wanted = match[dimension];
    if (wanted && !anyFits(request[dimension] ?? '', wanted)) return false;
  }
  if (match.tags && !tagsFit(match.tags, request)) return false;
  if (match.piiClass && !classFits(match.piiClass, request)) return false;
  return lengthFits(match, request);
}

/** @returns the conditions of the policy that do not hold, in words. */
export function unmet({ match }: Pick<Policy, 'match'>, request: RoutedRequest): string[] {
  const found: string[] = [];
  const among = (what: string, given: string | undefined, wanted: readonly string[]): void => {
    if (!anyFits(given ?? '', wanted)) found.push(`${what} ${given ?? '(not told)'} is not among ${wanted.join(', ')}`);
  };
  among('model', request.model, match.models);
  for (const dimension of dimensions) if (match[dimension]) among(dimension, request[dimension], match[dimension]);
  for (const [tag, pattern] of Object.entries(match.tags ?? {}))
    if (!tagsFit({ [tag]: pattern }, request)) found.push(`tag ${tag} is not ${pattern}`);
  if (match.piiClass && !classFits(match.piiClass, request))
    found.push(`personal data (${classesOf(request).join(', ')}) is not among ${match.piiClass.join(', ')}`);
  if (!lengthFits(match, request)) {
    const { minPromptTokens = 0, maxPromptTokens = 'any number' } = match;
    found.push(`${request.promptTokens} tokens are not from ${minPromptTokens} to ${maxPromptTokens}`);
  }
  return found;
}

type Match = Policy['match'];

function anyFits(value: string, patterns: readonly string[]): boolean {
  for (const pattern of patterns) if (fits(value, pattern)) return true;
  return false;
}

function tagsFit(tags: NonNullable<Match['tags']>, request: RoutedRequest): boolean {
  for (const [tag, pattern] of Object.entries(tags)) if (!fits(request.tags[tag] ?? '', pattern)) return false;
  return true;
}

function classFits(wanted: readonly string[], request: RoutedRequest): boolean {
  return classesOf(request).some((one) => anyFits(one, wanted));
}

function classesOf({ piiClasses }: RoutedRequest): readonly string[] {
  return piiClasses ?? ['unknown'];
}

function lengthFits(
  { minPromptTokens = 0, maxPromptTokens = Infinity }: Match,
  { promptTokens }: RoutedRequest,
): boolean {
  return promptTokens >= minPromptTokens && promptTokens <= maxPromptTokens;
}

/** `*` at the end stands for anything; the rest is literal. */
function fits(value: string, pattern: string): boolean {
  return pattern.endsWith('*') ? value.startsWith(pattern.slice(0, -1)) : value === pattern;
}
