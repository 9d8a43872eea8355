import Type, { type Static } from 'typebox';
import type { SourceSettings } from '../../anycost/index.ts';
import { chargeSettings } from '../source-settings.ts';

const names = (what: string, defaults: readonly string[]) =>
  Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 200 }), {
      maxItems: 20,
      description: `Attributes of the span or its resource that name the ${what}, the first that is set counts; default ${defaults.join(', ')}`,
    }),
  );

const defaults = {
  team: ['amadeus.team', 'team', 'team.name'],
  product: ['amadeus.product', 'product', 'service.namespace', 'service.name'],
  customer: ['amadeus.customer', 'customer', 'customer.id', 'tenant.id'],
  feature: ['amadeus.feature', 'feature', 'feature.name'],
  environment: ['deployment.environment.name', 'deployment.environment'],
  session: ['session.id', 'gen_ai.conversation.id'],
  user: ['user.id', 'enduser.id'],
} as const;
export type GenAiDimension = keyof typeof defaults;
export const genAiDimensions = Object.keys(defaults) as GenAiDimension[];

export const GenAiSettingsSchema = Type.Object({
  count: Type.Optional(
    Type.Union([Type.Literal('spans'), Type.Literal('metrics')], {
      description: 'What is counted. One of the two: who sends both would be counted twice. Default spans',
    }),
  ),
  inputExcludesCache: Type.Optional(
    Type.Boolean({
      description: 'The instrumentation tells input tokens without those that were read from or written to a cache',
    }),
  ),
  outputExcludesReasoning: Type.Optional(
    Type.Boolean({ description: 'The instrumentation tells output tokens without those of the reasoning' }),
  ),
  team: names('team', defaults.team),
  product: names('product', defaults.product),
  customer: names('customer', defaults.customer),
  feature: names('feature', defaults.feature),
  environment: names('environment', defaults.environment),
  session: names('session', defaults.session),
  user: names('user', defaults.user),
  ...chargeSettings,
});

export interface GenAiSettings {
  count: 'spans' | 'metrics';
  inputExcludesCache: boolean;
  outputExcludesReasoning: boolean;
  attributes: Readonly<Record<GenAiDimension, readonly string[]>>;
}

/** The settings of a source, with the defaults where it sets nothing or nobody declared it. */
export function genAiSettings(source: SourceSettings | undefined): GenAiSettings {
  const set = (source?.kind === 'otel-genai' ? source.settings : {}) as Partial<Static<typeof GenAiSettingsSchema>>;
  const attributes = genAiDimensions.map((name): [string, readonly string[]] => [name, set[name] ?? defaults[name]]);
  return {
    count: set.count ?? 'spans',
    inputExcludesCache: set.inputExcludesCache ?? false,
    outputExcludesReasoning: set.outputExcludesReasoning ?? false,
    attributes: Object.fromEntries(attributes) as Record<GenAiDimension, readonly string[]>,
  };
}
