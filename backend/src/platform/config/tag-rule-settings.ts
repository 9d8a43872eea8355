import Type, { type Static, type TLiteral } from 'typebox';

const strict = { additionalProperties: false } as const;
const words = <const T extends readonly string[]>(...values: T) =>
  values.map((value) => Type.Literal(value)) as unknown as { -readonly [K in keyof T]: TLiteral<T[K]> };
const Text = (maxLength: number, description: string, more: object = {}) =>
  Type.String({ maxLength, pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f]*$', description, ...more });
const Name = Text(100, 'Unique among the rules of its kind', { minLength: 1 });
const Patterns = (description: string) =>
  Type.Optional(
    Type.Array(Text(200, 'Text; `*` stands for anything, case is ignored', { minLength: 1 }), {
      minItems: 1,
      maxItems: 50,
      description,
    }),
  );

export const businessDimensionNames = [
  'x_Team',
  'x_Product',
  'x_Customer',
  'x_Feature',
  'x_Environment',
  'x_Model',
] as const;
const Dimension = Type.Union(words(...businessDimensionNames));
const TagOrDimension = Text(140, 'A business dimension such as x_Team, or `tag:` and the name of a tag', {
  minLength: 1,
  examples: ['x_Team', 'tag:CostCenter'],
});
const Regex = Text(200, 'Regular expression; without nested repeats, back references and look-around', {
  minLength: 1,
  examples: ['^prod-([a-z]+)-'],
});

const WhenSchema = Type.Object(
  {
    sources: Patterns('Sources of bills'),
    providers: Patterns('ProviderName or ServiceProviderName'),
    services: Patterns('ServiceName'),
    accounts: Patterns('SubAccountId or SubAccountName'),
    resources: Patterns('ResourceId or ResourceName'),
    namespaces: Patterns('x_Namespace'),
    tags: Type.Optional(
      Type.Record(Type.String({ maxLength: 128 }), Text(300, 'Value; `*` stands for anything'), { maxProperties: 10 }),
    ),
  },
  { ...strict, description: 'Every part that is given must hold; without any, the rule holds for all' },
);
const when = Type.Optional(WhenSchema);

const RequiredSchema = Type.Object({ name: Name, tag: TagOrDimension, when }, strict);

const AllowedSchema = Type.Object(
  {
    name: Name,
    on: TagOrDimension,
    when,
    values: Type.Optional(
      Type.Array(Text(300, 'A value as it should be written', { minLength: 1 }), { minItems: 1, maxItems: 2000 }),
    ),
    pattern: Type.Optional(Regex),
    foldCase: Type.Boolean({ default: true, description: 'Search and SEARCH become the value as it is listed' }),
    synonyms: Type.Record(Type.String({ maxLength: 300 }), Text(300, 'The value it stands for', { minLength: 1 }), {
      default: {},
      maxProperties: 2000,
    }),
    otherwise: Type.Union(words('keep', 'clear'), {
      default: 'keep',
      description: 'A value that is not allowed is kept as a violation, or taken as missing',
    }),
  },
  strict,
);

const InferSchema = Type.Object(
  {
    name: Name,
    set: Dimension,
    from: Text(
      140,
      'ResourceName, ResourceId, SubAccountId, SubAccountName, x_Namespace, x_Workload, ServiceName, ... or `tag:` and a name',
      {
        minLength: 1,
        examples: ['SubAccountName'],
      },
    ),
    pattern: Regex,
    value: Text(300, 'What is set; $1 to $9 stand for the groups of the pattern', { minLength: 1, examples: ['$1'] }),
    when,
    override: Type.Boolean({ default: false, description: 'True: also where a tag names something else' }),
  },
  strict,
);

const dimensionValue = Text(300, 'Value; empty: none');
const ExceptionSchema = Type.Object(
  {
    name: Name,
    when,
    set: Type.Partial(
      Type.Object({
        x_Team: dimensionValue,
        x_Product: dimensionValue,
        x_Customer: dimensionValue,
        x_Feature: dimensionValue,
        x_Environment: dimensionValue,
        x_Model: dimensionValue,
      }),
      { ...strict, default: {} },
    ),
    exempt: Type.Array(TagOrDimension, { default: [], maxItems: 20, description: 'Need not be there' }),
    reason: Text(1000, 'Why', { minLength: 1 }),
    expires: Type.Optional(
      Type.String({ format: 'date', description: 'Last day (UTC) on which it holds; for good where absent' }),
    ),
  },
  strict,
);

export const piiDetectorNames = ['email', 'phone', 'card', 'iban', 'koreanId', 'apiKey'] as const;
const ProtectSchema = Type.Object(
  {
    name: Name,
    sources: Patterns('Sources of bills; all where absent'),
    fields: Type.Array(Text(200, 'Name of a field; `*` stands for anything, case is ignored', { minLength: 1 }), {
      minItems: 1,
      maxItems: 50,
      description: 'Fields of the file, or `tag:` and the name of a tag within a field of tags',
      examples: [['*tag*', '*label*', 'user']],
    }),
    detect: Type.Array(Type.Union(words(...piiDetectorNames)), {
      default: [],
      maxItems: piiDetectorNames.length,
      description: 'What is looked for in them; without any, the whole value is meant',
    }),
    action: Type.Union(words('mask', 'token'), {
      default: 'token',
      description: '`token`: equal values get equal tokens, so that they can be grouped; `mask`: only the kind is left',
    }),
  },
  strict,
);

const tagNames = Type.Array(Text(128, 'Name of a tag; case and separators are ignored', { minLength: 1 }), {
  maxItems: 30,
});

/** The rules of tags, in YAML and by the API alike. */
export const tagRuleFields = {
  names: Type.Partial(
    Type.Object({
      x_Team: tagNames,
      x_Product: tagNames,
      x_Customer: tagNames,
      x_Feature: tagNames,
      x_Environment: tagNames,
      x_Model: tagNames,
    }),
    { ...strict, default: {}, description: 'Tags that carry a dimension, best first; the usual names where absent' },
  ),
  required: Type.Array(RequiredSchema, { default: [], maxItems: 100 }),
  allowed: Type.Array(AllowedSchema, { default: [], maxItems: 100 }),
  infer: Type.Array(InferSchema, {
    default: [],
    maxItems: 200,
    description: 'Where a tag does not say it; the first that fits counts',
  }),
  exceptions: Type.Array(ExceptionSchema, { default: [], maxItems: 200, description: 'Go before everything else' }),
  protect: Type.Array(ProtectSchema, { default: [], maxItems: 50 }),
} as const;

export const TagRuleSettingsSchema = Type.Object(tagRuleFields, { ...strict, default: {} });
export type TagRuleSettings = Static<typeof TagRuleSettingsSchema>;
