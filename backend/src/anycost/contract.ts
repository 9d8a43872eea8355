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
      Type.String({ ...name, default: 'default', description: 'Region of the installation that the bill belongs to' }),
    ),
  },
  strict,
);
export type IngestQuery = Static<typeof IngestQuerySchema>;

export const AcceptedSchema = Type.Object({ jobId: Type.String({ examples: ['focus-17'] }) }, strict);

export const JobParamsSchema = Type.Object({ id: Type.String({ maxLength: 64 }) }, strict);

export const IngestJobSchema = Type.Object({
  jobId: Type.String(),
  source: Type.String(),
  region: Type.String(),
  fileName: Type.String(),
  state: Type.Union([
    Type.Literal('waiting'),
    Type.Literal('active'),
    Type.Literal('completed'),
    Type.Literal('failed'),
  ]),
  progress: Type.Integer({ minimum: 0, maximum: 100 }),
  rowsRead: Type.Integer(),
  rows: Type.Integer({ description: 'Lines that count now' }),
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
  quarantine: Type.Array(
    Type.Object({
      line: Type.Integer({ description: 'Line of the file, or row of a Parquet file, counted from 1' }),
      column: Type.String(),
      reason: Type.String(),
      quarantined: Type.Boolean({ description: 'False: the line counts, this is a remark' }),
    }),
  ),
});

export const SourceSchema = Type.Object({
  source: Type.String(),
  region: Type.String(),
  kind: Type.Literal('focus'),
  lastAt: Type.String(),
  rows: Type.Integer(),
  quarantined: Type.Integer(),
  state: Type.Union([Type.Literal('fresh'), Type.Literal('stale'), Type.Literal('empty')]),
});
export type Source = Static<typeof SourceSchema>;
