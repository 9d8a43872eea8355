import type { Draft } from '@amadeus/backend/routing/contract.ts';

export type PolicyContent = Draft['content'];
export type PolicyRoute = PolicyContent['choose']['routes'][number];
export type MatchList = 'models' | 'team' | 'product' | 'customer' | 'feature' | 'environment';
export type Strategy = PolicyContent['choose']['strategy'];

export const strategies = ['ordered', 'weights', 'cheapest', 'fastest', 'score'] as const satisfies readonly Strategy[];

/** What a new policy begins with. */
export function newPolicy(name: string): PolicyContent {
  return {
    name,
    match: { models: [''] },
    choose: { strategy: 'ordered', routes: [{ provider: '', model: '' }] },
  };
}

/** Words of a list, apart by commas or lines; blanks around them and empty ones are left out. */
export function wordsOf(text: string): string[] {
  return text
    .split(/[,\n]+/)
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** The content with one list of conditions said anew; an empty list is no condition. */
export function withMatch(content: PolicyContent, name: MatchList, words: readonly string[]): PolicyContent {
  const { [name]: _, ...others } = content.match;
  return {
    ...content,
    match: (words.length === 0 ? others : { ...others, [name]: [...words] }) as PolicyContent['match'],
  };
}

export function withRoute(content: PolicyContent, index: number, part: Partial<PolicyRoute>): PolicyContent {
  const routes = content.choose.routes.map((route, at) => (at === index ? without({ ...route, ...part }) : route));
  return { ...content, choose: { ...content.choose, routes: routes as PolicyRoute[] } };
}

export function withRoutes(content: PolicyContent, routes: readonly PolicyRoute[]): PolicyContent {
  return { ...content, choose: { ...content.choose, routes: [...routes] } };
}

/** A part of the content said anew; fields that are undefined are left out, and so is a part without any. */
export function withPart<P extends 'choose' | 'fallback' | 'guards' | 'rollout'>(
  content: PolicyContent,
  part: P,
  fields: Partial<NonNullable<PolicyContent[P]>>,
): PolicyContent {
  const next = without({ ...content[part], ...fields });
  const { [part]: _, ...others } = content;
  return (Object.keys(next).length === 0 ? others : { ...others, [part]: next }) as PolicyContent;
}

function without(value: object): object {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined));
}

/** A whole number or a decimal as it is typed; undefined where nothing or no number stands there. */
export function numberOf(text: string): number | undefined {
  const value = Number(text.trim());
  return text.trim() === '' || !Number.isFinite(value) ? undefined : value;
}

/** What a policy is for, in words: models, then who calls. */
export function matchText({ match }: PolicyContent): string {
  const { models, ...others } = match;
  const rest = Object.entries(others).map(([name, value]) =>
    Array.isArray(value)
      ? `${name}: ${value.join(', ')}`
      : `${name}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  );
  return [models.join(', '), ...rest].join('; ');
}

export function routesText({ choose }: PolicyContent): string {
  return choose.routes.map(({ provider, model }) => `${provider}/${model}`).join(', ');
}
