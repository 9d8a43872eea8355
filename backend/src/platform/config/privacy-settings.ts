import Type, { type TLiteral } from 'typebox';

const strict = { additionalProperties: false } as const;

/** What the gateway's own detectors know. */
export const personalKinds = ['email', 'phone', 'card', 'iban', 'koreanId', 'apiKey', 'secret', 'name'] as const;
const words = <const T extends readonly string[]>(...values: T) =>
  values.map((value) => Type.Literal(value)) as unknown as { -readonly [K in keyof T]: TLiteral<T[K]> };
const Kind = Type.Union(words(...personalKinds));
const Action = Type.Union(
  [Type.Literal('mask'), Type.Literal('tokenise'), Type.Literal('block'), Type.Literal('route')],
  {
    default: 'tokenise',
    description:
      'mask: only the kind goes out; tokenise: a placeholder goes out and is restored in the answer; block: the call is refused; route: it goes to `regions` only, as it is',
  },
);

/** What a policy does with personal data in its calls. */
export const PrivacySettingsSchema = Type.Object(
  {
    action: Action,
    kinds: Type.Optional(
      Type.Array(Kind, {
        minItems: 1,
        maxItems: personalKinds.length,
        description: 'What is looked for; all where absent',
      }),
    ),
    perKind: Type.Optional(
      Type.Record(Type.String({ maxLength: 60 }), Action, {
        maxProperties: 30,
        description: 'Other actions for single kinds, also for those of Presidio, e.g. `location`',
      }),
    ),
    regions: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
        minItems: 1,
        maxItems: 100,
        description: 'With route: regions of providers that may read personal data',
      }),
    ),
    names: Type.Optional(
      Type.Array(Type.String({ minLength: 2, maxLength: 100 }), {
        maxItems: 10_000,
        description: 'Names of people, customers or projects that are found wherever they stand',
      }),
    ),
    presidio: Type.Boolean({
      default: false,
      description: 'Ask Presidio as well, at `gateway.presidio.url`; it reads calls, not answers',
    }),
    withoutPresidio: Type.Union([Type.Literal('refuse'), Type.Literal('continue')], {
      default: 'refuse',
      description: 'What happens to a call while Presidio cannot be asked; continue: with the own detectors alone',
    }),
    answers: Type.Union([Type.Literal('pass'), Type.Literal('mask'), Type.Literal('block')], {
      default: 'pass',
      description: 'What happens to personal data that a model itself writes',
    }),
    unreadable: Type.Union([Type.Literal('refuse'), Type.Literal('pass')], {
      default: 'refuse',
      description: 'What happens to calls with images, audio or files, which no detector reads',
    }),
  },
  strict,
);

/** Where Presidio's analyzer answers. */
export const PresidioSettingsSchema = Type.Object(
  {
    url: Type.String({ pattern: '^https?://', description: 'Address of the analyzer, e.g. http://presidio:3000' }),
    language: Type.String({ pattern: '^[a-z]{2}$', default: 'en' }),
    minScore: Type.Number({ minimum: 0, maximum: 1, default: 0.5, description: 'Findings below are left out' }),
    timeoutMs: Type.Integer({ minimum: 10, maximum: 60_000, default: 2000 }),
  },
  strict,
);
