import Type, { type Static } from 'typebox';
import { changeStates, type ChangeState } from './change.ts';

const strict = { additionalProperties: false } as const;
/** Text that people write: anything but control characters other than line breaks and tabs. */
const Text = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f]*$', description });
const Id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const Time = Type.String({ format: 'date-time' });
const Person = Type.Object({ id: Type.String(), name: Type.String() });

export const StateSchema = Type.Unsafe<ChangeState>({ type: 'string', enum: [...changeStates] });
export const ModeSchema = Type.Union([Type.Literal('observe'), Type.Literal('approve'), Type.Literal('auto')]);

export const PreviewSchema = Type.Object({
  summary: Type.String(),
  diff: Type.Optional(Type.String()),
  before: Type.Optional(Type.Unknown()),
  after: Type.Optional(Type.Unknown()),
  impact: Type.Optional(
    Type.Object({
      money: Type.Optional(
        Type.Object({
          amount: Type.String({ description: 'Exact decimal; negative: it saves' }),
          currency: Type.String(),
          period: Type.Optional(Type.String()),
        }),
      ),
      risk: Type.Optional(Type.Union([Type.Literal('low'), Type.Literal('medium'), Type.Literal('high')])),
      text: Type.Optional(Type.String()),
    }),
  ),
});

export const ChangeSummarySchema = Type.Object({
  id: Id,
  kind: Type.String({ examples: ['scaling'] }),
  target: Type.String({ examples: ['shop/checkout'] }),
  region: Type.Optional(Type.String({ description: 'Region of what it is about; absent: none in particular' })),
  team: Type.Optional(Type.String({ description: 'Team that it belongs to; absent: it is not known' })),
  product: Type.Optional(Type.String({ description: 'Product that it belongs to; absent: it is not known' })),
  state: StateSchema,
  mode: ModeSchema,
  approvalsNeeded: Type.Integer(),
  approvals: Type.Integer({ description: 'Approvals given so far' }),
  reason: Type.String(),
  summary: Type.String(),
  author: Person,
  createdAt: Time,
  updatedAt: Time,
  expiresAt: Time,
  failure: Type.Optional(Type.String()),
});
export type ChangeSummary = Static<typeof ChangeSummarySchema>;

export const ChangeDetailSchema = Type.Object({
  ...ChangeSummarySchema.properties,
  payload: Type.Unknown(),
  preview: PreviewSchema,
  doubt: Type.Optional(Type.Union([Type.Literal('apply'), Type.Literal('verify'), Type.Literal('rollback')])),
  canRollBack: Type.Boolean(),
  approvedBy: Type.Array(Type.Object({ person: Person, at: Time, comment: Type.Optional(Type.String()) })),
  comments: Type.Array(Type.Object({ id: Id, author: Person, at: Time, text: Type.String() })),
  history: Type.Array(
    Type.Object({
      at: Time,
      actor: Person,
      event: Type.String(),
      from: Type.Optional(StateSchema),
      to: StateSchema,
      note: Type.Optional(Type.String()),
    }),
  ),
});
export type ChangeDetail = Static<typeof ChangeDetailSchema>;

export const ListQuerySchema = Type.Object(
  {
    state: Type.Optional(
      Type.String({
        pattern: '^[a-z_]+(,[a-z_]+)*$',
        description: 'One or several states, or `open`',
        examples: ['proposed,approved'],
      }),
    ),
    kind: Type.Optional(Type.String({ maxLength: 100 })),
    before: Type.Optional(Type.Integer({ minimum: 1, description: 'Only Changes with a smaller id: the next page' })),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  },
  strict,
);
export const ListSchema = Type.Object({
  changes: Type.Array(ChangeSummarySchema),
  next: Type.Optional(Type.Integer({ description: 'Value of `before` for the next page' })),
});

export const IdSchema = Type.Object({ id: Id }, strict);
export const ProposeSchema = Type.Object(
  {
    kind: Type.String({ minLength: 1, maxLength: 100, examples: ['scaling'] }),
    target: Text(300, 'What it is done to'),
    payload: Type.Unknown({ description: 'As the kind asks' }),
    reason: Text(2000, 'Why'),
    expiresAt: Type.Optional(Type.String({ format: 'date-time' })),
  },
  strict,
);
export const ApproveSchema = Type.Object({ comment: Type.Optional(Text(2000, 'Shown beside the approval')) }, strict);
export const ReasonSchema = Type.Object({ reason: Text(2000, 'Why') }, strict);
export const CommentSchema = Type.Object({ text: Text(4000, 'The comment') }, strict);
export const ResolveSchema = Type.Object(
  {
    outcome: Type.Union([Type.Literal('applied'), Type.Literal('not_applied')], {
      description: 'What the world looks like now',
    }),
    reason: Text(2000, 'How you know'),
  },
  strict,
);
