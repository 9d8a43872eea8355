import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false } as const;
const one = (description: string, options: object = {}) =>
  Type.Optional(Type.String({ maxLength: 200, description, ...options }));
const several = Type.Union([
  Type.String({ maxLength: 8_000 }),
  Type.Array(Type.String({ maxLength: 8_000 }), { maxItems: 20 }),
]);

const selection = {
  range: one('30d, 24h, month or lastMonth; 30d where nothing is given', { examples: ['lastMonth'] }),
  from: one('Instead of range: first instant, ISO 8601', { examples: ['2026-11-01T00:00:00Z'] }),
  to: one('Instant after the last one, ISO 8601; now where absent'),
  currency: one('Only lines billed in this currency, ISO 4217; all where absent', { pattern: '^[A-Za-z]{3}$' }),
  filter: Type.Optional(
    Type.Unsafe<string | string[]>({
      ...several,
      description: 'dimension:value,value; give it again to narrow by another dimension',
      examples: ['x_Team:search,ads'],
    }),
  ),
  async: Type.Optional(
    Type.Boolean({ default: false, description: 'True: always answer 202 and keep the file to fetch later' }),
  ),
};

export const FocusVersionSchema = Type.Union([Type.Literal('1.4'), Type.Literal('1.2')], { default: '1.4' });
export type FocusVersion = Static<typeof FocusVersionSchema>;

export const FocusExportQuerySchema = Type.Object(
  {
    version: Type.Optional(FocusVersionSchema),
    format: Type.Optional(
      Type.Union([Type.Literal('csv'), Type.Literal('csv.gz'), Type.Literal('parquet')], { default: 'csv' }),
    ),
    ...selection,
  },
  strict,
);
export type FocusExportQuery = Static<typeof FocusExportQuerySchema>;

export const LinesExportQuerySchema = Type.Object(
  {
    format: Type.Optional(Type.Union([Type.Literal('csv'), Type.Literal('xlsx')], { default: 'csv' })),
    ...selection,
  },
  strict,
);
export type LinesExportQuery = Static<typeof LinesExportQuerySchema>;

/** A file that is made in the background, kept for some days and fetched by its address. */
export const ExportFileSchema = Type.Object({
  id: Type.String({ examples: ['export-12'] }),
  kind: Type.String({ description: 'focus, lines or showback' }),
  fileName: Type.String(),
  contentType: Type.String(),
  state: Type.Union([
    Type.Literal('waiting'),
    Type.Literal('active'),
    Type.Literal('ready'),
    Type.Literal('failed'),
    Type.Literal('expired'),
  ]),
  rows: Type.Optional(Type.Integer({ description: 'Rows of data in the file' })),
  bytes: Type.Optional(Type.Integer()),
  failure: Type.Optional(Type.String({ description: 'Why there is no file, and what to do' })),
  createdBy: Type.String(),
  createdAt: Type.String(),
  expiresAt: Type.String({ description: 'From then on the file is gone' }),
  href: Type.String({ description: 'Address of the file; it answers while the state is ready' }),
});
export type ExportFile = Static<typeof ExportFileSchema>;

export const ExportFilesSchema = Type.Object({ files: Type.Array(ExportFileSchema) });
export const ExportIdSchema = Type.Object({ id: Type.String({ maxLength: 40 }) }, strict);
