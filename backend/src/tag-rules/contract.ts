import Type, { type Static } from 'typebox';
import { TagRuleSettingsSchema, type TagRuleSettings } from '../platform/config/index.ts';

const strict = { additionalProperties: false } as const;
const Text = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f]*$', description });
const Amount = (description: string) => Type.String({ description, examples: ['123.45'] });
const Share = (description: string) => Type.String({ description, examples: ['0.031200'] });
const Time = (description: string) => Type.String({ format: 'date-time', description });
const Person = Type.Object({ id: Type.String(), name: Type.String() });
const NoticeSchema = Type.Object({
  severity: Type.Union([Type.Literal('info'), Type.Literal('warning')]),
  text: Type.String(),
});
export type Notice = Static<typeof NoticeSchema>;
export type RuleSet = TagRuleSettings;

const DiffSchema = Type.Array(
  Type.Object({
    kind: Type.String({ description: 'names, required, allowed, infer, exceptions, protect' }),
    name: Type.String({ description: 'Of the rule' }),
    change: Type.Union([
      Type.Literal('added'),
      Type.Literal('removed'),
      Type.Literal('changed'),
      Type.Literal('moved'),
    ]),
    before: Type.Optional(Type.Unknown()),
    after: Type.Optional(Type.Unknown()),
  }),
);
export type RuleDiff = Static<typeof DiffSchema>;

export const TagRulesSchema = Type.Object({
  version: Type.Integer({ description: '0: nothing was saved yet' }),
  rules: Type.Unsafe<RuleSet>(TagRuleSettingsSchema),
  file: Type.Unsafe<RuleSet>({
    ...TagRuleSettingsSchema,
    description: 'Rules that are kept in the configuration: read-only, and before the saved ones',
  }),
  savedAt: Type.Optional(Time('When this version was saved')),
  savedBy: Type.Optional(Person),
  inForce: Type.String({ description: 'Name of what is in force, as rows carry it' }),
  expired: Type.Array(Type.String(), { description: 'Exceptions whose time is over' }),
  defaults: Type.Record(Type.String(), Type.Array(Type.String()), {
    description: 'Tags that carry a dimension where no rule says otherwise',
  }),
});
export type TagRules = Static<typeof TagRulesSchema>;

export const SaveTagRulesSchema = Type.Object(
  {
    rules: Type.Unsafe<RuleSet>(TagRuleSettingsSchema),
    version: Type.Integer({ minimum: 0, description: 'The version that was changed' }),
    reason: Text(2000, 'Why'),
  },
  strict,
);
export const SavedSchema = Type.Object({
  version: Type.Integer(),
  diff: DiffSchema,
  reloading: Type.Array(Type.String(), { description: 'Sources whose bills are read again under the new rules' }),
});

export const VersionsQuerySchema = Type.Object(
  {
    before: Type.Optional(Type.Integer({ minimum: 1 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
  },
  strict,
);
export const VersionSchema = Type.Object({
  version: Type.Integer(),
  at: Time('When it was saved'),
  by: Person,
  reason: Type.String(),
  diff: DiffSchema,
});
export const VersionsSchema = Type.Object({
  versions: Type.Array(VersionSchema),
  next: Type.Optional(Type.Integer()),
});
export const VersionParamsSchema = Type.Object({ version: Type.Integer({ minimum: 1 }) }, strict);
export const VersionDetailSchema = Type.Object({
  ...VersionSchema.properties,
  rules: Type.Unsafe<RuleSet>(TagRuleSettingsSchema),
});

export const PreviewRequestSchema = Type.Object(
  {
    rules: Type.Unsafe<RuleSet>(TagRuleSettingsSchema),
    from: Type.Optional(Type.String({ format: 'date', description: 'First day (UTC); 30 days ago where absent' })),
    to: Type.Optional(Type.String({ format: 'date', description: 'Last day (UTC); today where absent' })),
    currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3}$', description: 'Where absent, the one of most lines' })),
  },
  strict,
);
const MoveSchema = Type.Object({
  dimension: Type.String({ examples: ['x_Team'] }),
  from: Type.String({ description: 'Empty: none' }),
  to: Type.String({ description: 'Empty: none' }),
  by: Type.String({ description: 'What sets the new value', examples: ['rule:accounts'] }),
  rows: Type.Integer(),
  cost: Amount('EffectiveCost of these rows'),
});
export const PreviewSchema = Type.Object({
  from: Type.String(),
  to: Type.String(),
  currency: Type.String(),
  rows: Type.Integer({ description: 'Rows that were looked at' }),
  cost: Amount('Their EffectiveCost'),
  changedRows: Type.Integer({ description: 'Rows of which at least one dimension changes' }),
  changedCost: Amount('Their EffectiveCost'),
  moves: Type.Array(MoveSchema, { description: 'The largest by money, at most 200' }),
  missing: Type.Array(
    Type.Object({
      tag: Type.String(),
      before: Amount('Without it now'),
      after: Amount('Without it under the draft'),
      newly: Amount('With it now, and without it under the draft'),
    }),
  ),
  violations: Type.Array(
    Type.Object({
      rule: Type.String(),
      on: Type.String(),
      value: Type.String(),
      rows: Type.Integer(),
      cost: Amount('EffectiveCost'),
    }),
    { description: 'Values that are not allowed under the draft, the costliest first, at most 200' },
  ),
  protected: Type.Array(
    Type.Object({
      rule: Type.String(),
      detector: Type.String(),
      values: Type.Integer({ description: 'Different values of tags in which it was found' }),
      rows: Type.Integer(),
    }),
    { description: 'What the draft would have masked or tokenised in the tags that are kept now' },
  ),
  diff: DiffSchema,
  affected: Type.Array(Type.String(), { description: 'Sources that would be read again' }),
  notices: Type.Array(NoticeSchema),
});
export type Preview = Static<typeof PreviewSchema>;

export const QualityQuerySchema = Type.Object(
  {
    from: Type.Optional(Type.String({ format: 'date', description: 'First day (UTC); 30 days ago where absent' })),
    to: Type.Optional(Type.String({ format: 'date', description: 'Last day (UTC), with it; today where absent' })),
    currency: Type.Optional(Type.String({ pattern: '^[A-Z]{3}$', description: 'Where absent, the one of most lines' })),
  },
  strict,
);
const MissingSchema = Type.Object({
  tag: Type.String({ examples: ['x_Team'] }),
  missing: Amount(
    'Amounts without their signs of what lacks it, by day and charge category: credits do not hide what is not attributed',
  ),
  of: Amount('Amounts without their signs of what needs it'),
  share: Type.Optional(Share('missing / of, six places; absent where nothing needs it')),
  lines: Type.Integer({ description: 'Lines without it' }),
});
export const QualitySchema = Type.Object({
  from: Type.String(),
  to: Type.String(),
  currency: Type.String(),
  overall: Type.Array(MissingSchema),
  byTeam: Type.Array(Type.Object({ team: Type.String(), tags: Type.Array(MissingSchema) })),
  bySource: Type.Array(
    Type.Object({
      source: Type.String(),
      tags: Type.Array(MissingSchema),
      rows: Type.Integer(),
      quarantined: Type.Integer({ description: 'Lines of its bills that could not be used' }),
    }),
  ),
  violations: Type.Array(
    Type.Object({
      rule: Type.String(),
      on: Type.String(),
      value: Type.String(),
      lines: Type.Integer(),
      cost: Amount('Amounts without their signs'),
    }),
  ),
  quarantined: Type.Integer(),
  notices: Type.Array(NoticeSchema),
});
export type Quality = Static<typeof QualitySchema>;
