import Type, { type Static } from 'typebox';
import { keptRegions, ReportDefinitionSchema } from '../platform/config/index.ts';

const strict = { additionalProperties: false } as const;
const Amount = (description: string) => Type.String({ description, examples: ['123.45'] });

export const LangSchema = Type.Union([Type.Literal('en'), Type.Literal('ko')], { default: 'en' });
export type Lang = Static<typeof LangSchema>;
export const FormatSchema = Type.Union([Type.Literal('csv'), Type.Literal('xlsx'), Type.Literal('pdf')]);
export type ReportFormat = Static<typeof FormatSchema>;

/** What a report shows. */
export const DefinitionSchema = ReportDefinitionSchema;
export type Definition = Static<typeof DefinitionSchema>;

const SharedSchema = Type.Array(Type.Object({ rule: Type.String(), amount: Amount('Exact decimal') }));

export const ReportRowSchema = Type.Object({
  keys: Type.Array(Type.String(), { description: 'Values of the levels, outermost first; empty: the bill names none' }),
  kind: Type.Union(
    [
      Type.Literal('direct', { description: 'Costs of its own' }),
      Type.Literal('shared', {
        description: 'On inner levels: the part of shared costs that its outermost value bears',
      }),
      Type.Literal('unallocated', { description: 'Shared costs that no rule gives to anyone' }),
    ],
    { default: 'direct' },
  ),
  direct: Amount('Costs of its own'),
  shared: SharedSchema,
  total: Amount('direct and shared'),
  share: Type.Optional(Type.String({ description: 'Part of the bills, six places; absent where they are 0' })),
  lines: Type.Integer({ description: 'Lines of the bills' }),
});
export type ReportRow = Static<typeof ReportRowSchema>;

export const ReportSchema = Type.Object({
  definition: DefinitionSchema,
  currency: Type.String({ description: 'Of every amount; empty where there is no cost' }),
  timeZone: Type.String(),
  firstDay: Type.String(),
  lastDay: Type.String({ description: 'Included' }),
  from: Type.String({ description: 'Instant, UTC' }),
  to: Type.String({ description: 'Instant, UTC, excluded' }),
  levels: Type.Array(
    Type.Object({
      dim: Type.String(),
      label: Type.String(),
      rows: Type.Array(ReportRowSchema),
      rowCount: Type.Integer({ description: 'Rows of the level; `rows` may hold the first of them only' }),
      missingShare: Type.Optional(
        Type.String({
          description:
            'Badge: part of the amounts, credits counted by their size, whose lines name no value of this level; six places',
        }),
      ),
    }),
    { description: 'The rows of each level add up to the bills' },
  ),
  days: Type.Array(
    Type.Object({
      day: Type.String(),
      hours: Type.Number({ description: '23 or 25 where the clocks change' }),
      cost: Amount('Exact decimal'),
    }),
  ),
  closes: Type.Object({
    bills: Amount('Total of the bills'),
    allocated: Amount('Total of all rows that have an owner'),
    unallocated: Amount('The rest: allocated and unallocated are the bills, to the last digit'),
    withoutOwner: Amount('Part of it whose lines name no value of the outermost level'),
  }),
  rules: Type.Array(Type.String(), { description: 'Shared cost rules that were applied' }),
  rates: Type.Array(
    Type.Object({
      from: Type.String(),
      to: Type.String(),
      day: Type.String({ description: 'Day of the costs' }),
      rate: Type.String(),
      rateDay: Type.String({ description: 'Day of the rate' }),
      source: Type.String(),
    }),
  ),
  notices: Type.Array(
    Type.Object({
      severity: Type.Union([Type.Literal('info'), Type.Literal('warning')]),
      text: Type.String(),
      ko: Type.Optional(Type.String({ description: 'The same in Korean' })),
    }),
  ),
  createdAt: Type.String(),
});
export type Report = Static<typeof ReportSchema>;

const name = Type.String({ minLength: 1, maxLength: 120 });
export const PreviewBodySchema = Type.Object({ definition: DefinitionSchema }, strict);
export const DownloadBodySchema = Type.Object(
  {
    name: Type.Optional(name),
    definition: DefinitionSchema,
    format: FormatSchema,
    lang: Type.Optional(LangSchema),
  },
  strict,
);
export const DownloadQuerySchema = Type.Object(
  {
    format: FormatSchema,
    lang: Type.Optional(LangSchema),
    async: Type.Optional(Type.Boolean({ default: false, description: 'True: always answer 202' })),
  },
  strict,
);

/** A file that is made in the background; GET /api/exports/:id tells more. */
export const ExportOrderSchema = Type.Object(
  {
    id: Type.String({ examples: ['export-12'] }),
    fileName: Type.String(),
    state: Type.String(),
    href: Type.String({ description: 'Address of the file once it is ready' }),
    expiresAt: Type.String(),
  },
  { additionalProperties: true },
);

export const SaveBodySchema = Type.Object({ name, definition: DefinitionSchema, regions: keptRegions }, strict);
export type SaveBody = Static<typeof SaveBodySchema>;
export const SavedReportSchema = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  definition: DefinitionSchema,
  regions: Type.Union([Type.Literal('all'), Type.Array(Type.String())], {
    description: 'Who sees all of them finds it; all: who sees every region; an empty list: everybody',
  }),
  provisioned: Type.Boolean({ description: 'True: it comes from a file and is edited there' }),
  createdBy: Type.String(),
  updatedAt: Type.String(),
});
export type SavedReport = Static<typeof SavedReportSchema>;
export const SavedReportsSchema = Type.Object({ reports: Type.Array(SavedReportSchema) });
export const IdSchema = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }) }, strict);

export const ScheduleBodySchema = Type.Object(
  {
    cron: Type.String({ maxLength: 100, description: 'Minute hour day month weekday', examples: ['0 9 1 * *'] }),
    timeZone: Type.Optional(Type.String({ maxLength: 64, default: 'UTC' })),
    format: FormatSchema,
    lang: Type.Optional(LangSchema),
    channels: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      minItems: 1,
      maxItems: 20,
      description:
        'Channels of notify.channels: e-mail gets the file, the others a summary and the address of the file',
    }),
    enabled: Type.Optional(Type.Boolean({ default: true })),
  },
  strict,
);
export type ScheduleBody = Static<typeof ScheduleBodySchema>;
export const ScheduleSchema = Type.Object({
  id: Type.Integer(),
  reportId: Type.Integer(),
  cron: Type.String(),
  timeZone: Type.String(),
  format: FormatSchema,
  lang: LangSchema,
  channels: Type.Array(Type.String()),
  enabled: Type.Boolean(),
  nextRunAt: Type.Optional(Type.String()),
  lastRunAt: Type.Optional(Type.String()),
});
export type Schedule = Static<typeof ScheduleSchema>;
export const SchedulesSchema = Type.Object({
  schedules: Type.Array(ScheduleSchema),
  channels: Type.Array(Type.String(), { description: 'Channels that can be chosen' }),
});

export const RunSchema = Type.Object({
  id: Type.Integer(),
  scheduleId: Type.Integer(),
  dueAt: Type.String(),
  startedAt: Type.Optional(Type.String()),
  finishedAt: Type.Optional(Type.String()),
  state: Type.Union([Type.Literal('waiting'), Type.Literal('active'), Type.Literal('sent'), Type.Literal('failed')]),
  missed: Type.Integer({
    description: 'Earlier due times that passed while the service was away; this run stands for them',
  }),
  fileId: Type.Optional(Type.String({ description: 'GET /api/exports/:id/file' })),
  deliveries: Type.Array(
    Type.Object({ channel: Type.String(), ok: Type.Boolean(), attempts: Type.Integer(), detail: Type.String() }),
  ),
  failure: Type.Optional(Type.String()),
});
export type Run = Static<typeof RunSchema>;
export const RunsSchema = Type.Object({ runs: Type.Array(RunSchema) });
