import Type, { type Static } from 'typebox';
import { budgetFields } from '../platform/config/index.ts';

const strict = { additionalProperties: false } as const;
/** Text that people write: anything but control characters other than line breaks and tabs. */
const Text = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f]*$', description });
const Amount = (description: string) => Type.String({ description, examples: ['123.45'] });
const Day = (description: string) => Type.String({ description, examples: ['2026-11-24'] });
const Time = (description: string) => Type.String({ format: 'date-time', description });
const Person = Type.Object({ id: Type.String(), name: Type.String() });
const NoticeSchema = Type.Object({
  severity: Type.Union([Type.Literal('info'), Type.Literal('warning')]),
  text: Type.String(),
});
export type Notice = Static<typeof NoticeSchema>;

export const BudgetStateSchema = Type.Union(
  [Type.Literal('waiting'), Type.Literal('ok'), Type.Literal('at-risk'), Type.Literal('over')],
  { description: 'waiting: not yet looked at; at-risk: its forecast passes the amount; over: the spend has' },
);
export type BudgetState = Static<typeof BudgetStateSchema>;

/** Where a budget stands, as pages, the data source and alert rules ask for it. */
export const BudgetStatusSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  spent: Amount('In the present window, as the bills say'),
  amount: Amount('What may be spent in a window'),
  share: Type.String({ description: 'spent / amount, six places', examples: ['0.731204'] }),
  forecast: Type.Optional(Amount('At the end of the window; absent before there are days enough')),
  forecastLow: Type.Optional(Amount('Lower end of the band that holds 80 % of outcomes')),
  forecastHigh: Type.Optional(Amount('Upper end of it')),
  passesOn: Type.Optional(Day('Day on which the amount was or is expected to be passed')),
  state: BudgetStateSchema,
  currency: Type.String(),
  windowFrom: Day('First day of the present window, in the time zone of the budget'),
  windowTo: Day('Last day of it'),
});
export type BudgetStatus = Static<typeof BudgetStatusSchema>;

const SnoozeSchema = Type.Object({
  until: Time('When it ends by itself'),
  reason: Type.String(),
  by: Person,
  at: Time('When it began'),
});

const FiringSchema = Type.Object({
  threshold: Type.String({ description: 'In words', examples: ['80 % of the amount, actual'] }),
  limit: Amount('As money'),
  on: Type.Union([Type.Literal('actual'), Type.Literal('forecast')]),
  firedAt: Time('When it was passed'),
});

const CountedSchema = Type.Object(
  {
    settled: Amount('Counted by gateways in this window'),
    reserved: Amount('Held for calls under way'),
    left: Amount('What may still be reserved; 0 where nothing is left'),
  },
  { description: 'Counters of gateways; absent without enforcement' },
);

export const BudgetSchema = Type.Object({
  id: Type.String(),
  ...budgetFields,
  origin: Type.Union([Type.Literal('api'), Type.Literal('file'), Type.Literal('sample')], {
    description: 'file: kept in the configuration, read-only here; sample: came with the generated estate',
  }),
  editable: Type.Boolean({ description: 'False for budgets that are kept in the configuration' }),
  version: Type.Integer({ description: 'Grows with each change; send it back with a change' }),
  createdAt: Time('When it was created'),
  createdBy: Person,
  updatedAt: Time('When it was last changed'),
  status: Type.Optional(BudgetStatusSchema),
  evaluatedAt: Type.Optional(Time('When the status was computed')),
  dataUntil: Type.Optional(Day('Last day for which the bills are complete')),
  method: Type.Optional(Type.String({ description: 'How the forecast was made, or why there is none' })),
  notices: Type.Array(NoticeSchema),
  firing: Type.Array(FiringSchema),
  snooze: Type.Optional(SnoozeSchema),
  counted: Type.Optional(CountedSchema),
});
export type BudgetView = Static<typeof BudgetSchema>;

export const BudgetsSchema = Type.Object({
  budgets: Type.Array(BudgetSchema),
  channels: Type.Array(Type.String(), { description: 'Names of the configured channels' }),
  dimensions: Type.Array(Type.String(), { description: 'What filters can name, besides `tag:NAME`' }),
});

export const BudgetsQuerySchema = Type.Object(
  {
    state: Type.Optional(BudgetStateSchema),
    team: Type.Optional(Type.String({ maxLength: 300, description: 'Only budgets of this team' })),
    search: Type.Optional(Type.String({ maxLength: 100, description: 'Part of the name, case ignored' })),
  },
  strict,
);

export const BudgetIdSchema = Type.Object(
  { id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$', description: 'Id of the budget' }) },
  strict,
);
export const CreateBudgetSchema = Type.Object(
  { ...budgetFields, reason: Type.Optional(Text(2000, 'Why; stands in the history')) },
  strict,
);
export type BudgetInput = Omit<Static<typeof CreateBudgetSchema>, 'reason'>;
export const UpdateBudgetSchema = Type.Object(
  {
    ...budgetFields,
    version: Type.Integer({ minimum: 1, description: 'The version that was changed' }),
    reason: Type.Optional(Text(2000, 'Why; stands in the history')),
  },
  strict,
);
export const DeleteBudgetSchema = Type.Object(
  { reason: Type.Optional(Text(2000, 'Why; stands in the history')) },
  strict,
);
export const SnoozeRequestSchema = Type.Object(
  {
    until: Type.String({ format: 'date-time', description: 'At most 90 days ahead' }),
    reason: Text(2000, 'Why nobody is to be told until then'),
  },
  strict,
);
export const ReleaseRequestSchema = Type.Object({ reason: Text(2000, 'Why people are told again') }, strict);

const BurnDownDaySchema = Type.Object({
  day: Day('Day in the time zone of the budget'),
  spent: Type.Optional(Amount('On this day alone; absent for days to come')),
  actual: Type.Optional(Amount('Spent in the window up to this day; absent for days to come')),
  complete: Type.Boolean({ description: 'False: the bills of this day are not complete yet' }),
  plan: Amount('What an even spend would have used up to this day; for a rolling window the amount'),
  forecast: Type.Optional(Amount('Expected in the window up to this day')),
  low: Type.Optional(Amount('Lower end of the band of 80 %')),
  high: Type.Optional(Amount('Upper end of it')),
});

export const BurnDownQuerySchema = Type.Object(
  {
    at: Type.Optional(
      Type.String({ format: 'date', description: 'A day of the window; the present window where absent' }),
    ),
  },
  strict,
);
export const BurnDownSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  currency: Type.String(),
  metric: Type.String(),
  amount: Amount('What may be spent in the window'),
  from: Day('First day of the window'),
  to: Day('Last day of it; for a rolling window the last day that is forecast'),
  timeZone: Type.String(),
  days: Type.Array(BurnDownDaySchema),
  thresholds: Type.Array(
    Type.Object({
      label: Type.String(),
      limit: Amount('As money'),
      on: Type.Union([Type.Literal('actual'), Type.Literal('forecast')]),
      passed: Type.Boolean(),
    }),
  ),
  status: BudgetStatusSchema,
  method: Type.String({ description: 'How the forecast was made, or why there is none' }),
  dataUntil: Type.Optional(Day('Last day for which the bills are complete')),
  drivers: Type.Array(Type.Object({ service: Type.String(), cost: Amount('In the window') }), {
    description: 'Services that cost most; empty for budgets by tag',
  }),
  notices: Type.Array(NoticeSchema),
});
export type BurnDown = Static<typeof BurnDownSchema>;

export const HistoryQuerySchema = Type.Object(
  {
    before: Type.Optional(Type.Integer({ minimum: 1, description: 'Only entries with a smaller id: the next page' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
  },
  strict,
);
export const BudgetHistorySchema = Type.Object({
  entries: Type.Array(
    Type.Object({
      id: Type.Integer(),
      at: Time('When'),
      kind: Type.String({
        description:
          'created, changed, deleted, snoozed, released, tested, state, fired, resolved, sent, held, dropped, failed',
      }),
      text: Type.String({ description: 'One sentence' }),
      by: Type.Optional(Person),
      reason: Type.Optional(Type.String()),
      before: Type.Optional(Type.Unknown()),
      after: Type.Optional(Type.Unknown()),
    }),
  ),
  snapshots: Type.Array(
    Type.Object({
      at: Time('When it was evaluated'),
      spent: Amount('Then'),
      amount: Amount('Then'),
      forecast: Type.Optional(Amount('Then')),
      state: BudgetStateSchema,
    }),
    { description: 'On the first page: evaluations that differ from the one before, newest first' },
  ),
  next: Type.Optional(Type.Integer({ description: 'Value of `before` for the next page' })),
});
export type BudgetHistory = Static<typeof BudgetHistorySchema>;

export const DeliveriesSchema = Type.Object({
  deliveries: Type.Array(
    Type.Object({
      channel: Type.String(),
      ok: Type.Boolean(),
      attempts: Type.Integer(),
      detail: Type.String({ description: 'What the receiver answered, without secrets' }),
    }),
  ),
});
