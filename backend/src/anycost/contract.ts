import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false } as const;
const name = { pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' };

export const IngestQuerySchema = Type.Object(
  {
    source: Type.Optional(
      Type.String({
        ...name,
        description:
          "Whose bill it is, e.g. aws-payer-1. A file of the same source and month replaces the one before. Without it the file's name counts.",
      }),
    ),
    period: Type.Optional(
      Type.String({
        pattern: '^\\d{4}-(0[1-9]|1[0-2])$',
        description: 'The one billing month of the file; without it each month found in it is replaced',
      }),
    ),
    region: Type.Optional(
      Type.String({
        ...name,
        description:
          'Region of the installation that the bill belongs to; without it that of the declared source, or the only one of the caller, or `default`',
      }),
    ),
  },
  strict,
);
export type IngestQuery = Static<typeof IngestQuerySchema>;

export const SendQuerySchema = Type.Object(
  {
    ...IngestQuerySchema.properties,
    connector: Type.Optional(
      Type.String({ ...name, description: 'Kind of what is sent, e.g. aws-cur; GET /api/connectors lists them' }),
    ),
  },
  strict,
);
export type SendQuery = Static<typeof SendQuerySchema>;

export const AcceptedSchema = Type.Object({ jobId: Type.String({ examples: ['ingest-17'] }) }, strict);

export const JobParamsSchema = Type.Object({ id: Type.String({ maxLength: 64 }) }, strict);

const StateSchema = Type.Union([
  Type.Literal('waiting'),
  Type.Literal('active'),
  Type.Literal('completed'),
  Type.Literal('failed'),
]);

const IngestReportSchema = Type.Object({
  jobId: Type.String(),
  source: Type.String(),
  region: Type.String(),
  connector: Type.String({
    description: 'Kind of the connector that mapped it; computed: charges of the service itself',
  }),
  fileName: Type.String({ description: 'Name of the file, or of the group of files' }),
  state: StateSchema,
  progress: Type.Integer({ minimum: 0, maximum: 100 }),
  rowsRead: Type.Integer(),
  rows: Type.Integer({ description: 'Charges, requests, jobs and samples that were kept' }),
  quarantined: Type.Integer({ description: 'Lines that were left out; `quarantine` says why' }),
  flagged: Type.Integer({ description: 'Lines that count although something in them is odd' }),
  unchanged: Type.Boolean({ description: 'True where equal bytes counted already and nothing was loaded' }),
  periods: Type.Array(Type.String(), { description: 'Billing months that were replaced' }),
  failure: Type.Optional(
    Type.String({
      description: 'Why nothing of the file counts; while the job is active, what went wrong in its last try',
    }),
  ),
  receivedAt: Type.String(),
  finishedAt: Type.Optional(Type.String()),
});

export const IngestJobSchema = Type.Object({
  ...IngestReportSchema.properties,
  quarantine: Type.Array(
    Type.Object({
      file: Type.String(),
      line: Type.Integer({ description: 'Line of the file, or number of the row or element, counted from 1' }),
      column: Type.String(),
      reason: Type.String(),
      quarantined: Type.Boolean({ description: 'False: the line counts, this is a remark' }),
    }),
  ),
});

export const JobListQuerySchema = Type.Object(
  {
    source: Type.Optional(Type.String(name)),
    state: Type.Optional(StateSchema),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    before: Type.Optional(Type.String({ maxLength: 64, description: 'jobId after which the list goes on' })),
  },
  strict,
);
export const JobListSchema = Type.Array(IngestReportSchema);

export const ReloadBodySchema = Type.Object(
  {
    source: Type.Optional(Type.String(name)),
    period: Type.Optional(Type.String({ pattern: '^\\d{4}-(0[1-9]|1[0-2])$' })),
  },
  strict,
);
export const ReloadedSchema = Type.Object({
  ingests: Type.Integer({
    description: 'Files that are loaded again from the lake; jobs do it, readers keep what they see',
  }),
});

const Time = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }));

export const SourceSchema = Type.Object({
  source: Type.String(),
  region: Type.String(),
  kind: Type.String({ description: 'Kind of the connector' }),
  title: Type.String({ description: 'What people call that kind' }),
  lastAt: Type.Union([Type.String(), Type.Null()], { description: 'When something came from it last' }),
  rows: Type.Integer({ description: 'Charges that count now, and what else its last file brought' }),
  quarantined: Type.Integer({ description: 'Lines of its last file that were left out' }),
  state: Type.Union([Type.Literal('fresh'), Type.Literal('stale'), Type.Literal('empty')]),
  origin: Type.Union([Type.Literal('yaml'), Type.Literal('api'), Type.Literal('sent')], {
    description: 'Declared in the configuration or by people, or known only by what was sent',
  }),
  fetches: Type.Boolean({ description: 'The service fetches by itself; else files are sent' }),
  health: Type.Union([Type.Literal('ok'), Type.Literal('failing'), Type.Literal('waiting'), Type.Literal('off')], {
    description: 'Of its last turn; waiting: it had none yet; off: it is switched off',
  }),
  everyMinutes: Type.Optional(Type.Integer()),
  lastRunAt: Time('Begin of the last turn'),
  lastOkAt: Time('Last turn that went well'),
  nextAt: Time('When the next turn is due'),
  failures: Type.Integer({ description: 'Turns in a row that went wrong' }),
  lastError: Type.Optional(Type.String()),
});
export type Source = Static<typeof SourceSchema>;

export const SourceParamsSchema = Type.Object({ name: Type.String(name) }, strict);

const Settings = Type.Record(Type.String(), Type.Unknown(), {
  description: 'Of the connector, see GET /api/connectors; secrets by name only',
});
export const SourceBodySchema = Type.Object(
  {
    kind: Type.String({ ...name, description: 'Kind of the connector, e.g. aws-cur' }),
    region: Type.Optional(Type.String({ ...name, description: 'Region that its rows belong to; default `default`' })),
    everyMinutes: Type.Optional(Type.Integer({ minimum: 1, maximum: 44_640, description: 'Default 60' })),
    enabled: Type.Optional(Type.Boolean()),
    settings: Type.Optional(Settings),
  },
  strict,
);
export type SourceBody = Static<typeof SourceBodySchema>;

export const SourceViewSchema = Type.Object({
  ...SourceSchema.properties,
  enabled: Type.Boolean(),
  settings: Settings,
});

export const ProbeBodySchema = Type.Partial(Type.Pick(SourceBodySchema, ['kind', 'region', 'settings']), strict);
export const ProbeSchema = Type.Object({
  ok: Type.Boolean(),
  message: Type.String(),
  help: Type.Optional(Type.String({ description: 'What to do about it' })),
});

export const ConnectorsSchema = Type.Array(
  Type.Object({
    kind: Type.String(),
    title: Type.String(),
    endpoint: Type.String({ description: 'Files of this kind are sent to /api/ingest/<endpoint>' }),
    fetches: Type.Boolean(),
    probes: Type.Boolean({ description: 'POST /api/sources/:name/test asks the source itself' }),
    settings: Type.Unknown({ description: 'JSON Schema of its settings' }),
  }),
);
