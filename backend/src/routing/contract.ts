import Type, { type Static } from 'typebox';
import { PolicySettingsSchema } from '../platform/config/index.ts';

const strict = { additionalProperties: false } as const;
const Time = Type.String({ format: 'date-time' });
const Person = Type.Object({ id: Type.String(), name: Type.String() });
const Text = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f]*$', description });
const Notes = Type.String({
  maxLength: 4000,
  pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f]*$',
  description: 'What it is about, for who reads the history',
});
const Name = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$',
  description: 'Name of the policy; in addresses encoded',
  examples: ['search-answers'],
});
const Version = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,39}$',
  description: 'v1, v2, ...; of the configuration c- and the beginning of the hash of its content',
  examples: ['v3'],
});
const Position = Type.Integer({
  minimum: 0,
  maximum: 100_000,
  description: 'Policies are looked at from the smallest on; those of the configuration stand behind all others',
});
const Share = Type.Number({ exclusiveMinimum: 0, maximum: 1, description: 'Part of the requests, 0 to 1' });
const StickyBy = Type.Union([Type.Literal('session'), Type.Literal('key')], {
  description: 'What stays on one version: a session (calls without one go by chance), or all calls of a key',
});

export const PolicyContentSchema = PolicySettingsSchema;

const ProblemsSchema = Type.Array(Type.String(), {
  description: 'What stands against publishing it, one sentence each; empty: nothing does',
});

export const VersionSummarySchema = Type.Object({
  version: Version,
  notes: Type.String(),
  author: Person,
  createdAt: Time,
  position: Position,
  hash: Type.String({ description: 'SHA-256 of the content, hex' }),
  share: Type.Number({ description: 'Part of the requests that it serves now, 0 to 1' }),
});
export type VersionSummary = Static<typeof VersionSummarySchema>;

export const DraftSchema = Type.Object({
  content: PolicyContentSchema,
  position: Position,
  notes: Type.String(),
  basedOn: Type.Optional(Version),
  revision: Type.Integer({ description: 'Send it back when you save: it says what you have seen' }),
  author: Person,
  updatedAt: Time,
  problems: ProblemsSchema,
});
export type Draft = Static<typeof DraftSchema>;

const RolloutSchema = Type.Object({
  stable: Type.Optional(Version),
  candidate: Type.Optional(Version),
  share: Type.Number({ description: 'Part of the requests that the candidate gets now' }),
  steps: Type.Array(Type.Object({ at: Time, share: Type.Number() })),
  stickyBy: StickyBy,
  changeId: Type.Integer({
    description: 'The Change that brought it about; undoing it brings back what was stable before',
  }),
});

export const PolicySummarySchema = Type.Object({
  name: Name,
  origin: Type.Union([Type.Literal('api'), Type.Literal('file')], {
    description: 'file: it stands in the configuration, and is changed there',
  }),
  state: Type.Union([
    Type.Literal('draft'),
    Type.Literal('inactive'),
    Type.Literal('scheduled'),
    Type.Literal('rolling-out'),
    Type.Literal('active'),
  ]),
  position: Position,
  /** Of the version that serves, else the newest one, else the draft. */
  content: PolicyContentSchema,
  version: Type.Optional(Version),
  rollout: Type.Optional(RolloutSchema),
  hasDraft: Type.Boolean(),
  openChange: Type.Optional(Type.Integer({ description: 'Change that waits for approval or is being carried out' })),
  mayEdit: Type.Boolean({ description: 'Whether the caller may draft, publish and delete' }),
});
export type PolicySummary = Static<typeof PolicySummarySchema>;

export const PoliciesSchema = Type.Object({ policies: Type.Array(PolicySummarySchema) });

export const PolicyDetailSchema = Type.Object({
  ...PolicySummarySchema.properties,
  yaml: Type.String({ description: 'The content as it would stand in the configuration' }),
  draft: Type.Optional(DraftSchema),
  versions: Type.Array(VersionSummarySchema, { description: 'Newest first, at most 200' }),
});
export type PolicyDetail = Static<typeof PolicyDetailSchema>;

export const PolicyNameSchema = Type.Object({ name: Name }, strict);
export const VersionNameSchema = Type.Object({ name: Name, version: Version }, strict);

export const VersionDetailSchema = Type.Object({
  ...VersionSummarySchema.properties,
  content: PolicyContentSchema,
  yaml: Type.String(),
});

export const DiffQuerySchema = Type.Object(
  {
    from: Type.Union([Version, Type.Literal('draft')], { description: 'A version, or draft' }),
    to: Type.Union([Version, Type.Literal('draft')], { description: 'A version, or draft' }),
  },
  strict,
);
export const DiffSchema = Type.Object({
  from: Type.String(),
  to: Type.String(),
  diff: Type.String({ description: 'Unified, of the YAML; empty where both are the same' }),
});

export const CheckBodySchema = Type.Object(
  {
    yaml: Type.Optional(Type.String({ maxLength: 100_000, description: 'A policy as YAML or JSON' })),
    content: Type.Optional(Type.Unknown({ description: 'A policy as JSON; one of the two' })),
  },
  strict,
);
export const CheckedSchema = Type.Object({
  problems: ProblemsSchema,
  yaml: Type.Optional(Type.String()),
  content: Type.Optional(PolicyContentSchema),
});

export const SaveDraftSchema = Type.Object(
  {
    content: PolicyContentSchema,
    position: Type.Optional(Position),
    notes: Type.Optional(Notes),
    basedOn: Type.Optional(Version),
    revision: Type.Optional(Type.Integer({ description: 'Of the draft that is replaced; absent where there is none' })),
  },
  strict,
);
export type SaveDraft = Static<typeof SaveDraftSchema>;

export const PublishSchema = Type.Object(
  { revision: Type.Integer({ description: 'Of the draft that you have seen' }), notes: Type.Optional(Notes) },
  strict,
);

export const ActivateSchema = Type.Object(
  {
    version: Version,
    steps: Type.Array(
      Type.Object({ share: Share, afterMinutes: Type.Integer({ minimum: 0, maximum: 60 * 24 * 30 }) }, strict),
      {
        default: [{ share: 1, afterMinutes: 0 }],
        minItems: 1,
        maxItems: 10,
        description: 'Shares, each so many minutes after the beginning, e.g. 0.1 at once and 1 after an hour',
      },
    ),
    at: Type.Optional(Type.String({ format: 'date-time', description: 'When it begins; at once where absent' })),
    stickyBy: Type.Optional(StickyBy),
    reason: Text(2000, 'Why'),
  },
  strict,
);
export type Activate = Static<typeof ActivateSchema>;
export const ReasonSchema = Type.Object({ reason: Text(2000, 'Why') }, strict);
export const ChangeRefSchema = Type.Object({
  changeId: Type.Integer(),
  state: Type.String({ description: 'State of the Change' }),
  approvalsNeeded: Type.Integer(),
});
