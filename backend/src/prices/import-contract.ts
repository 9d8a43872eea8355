import Type, { type Static } from 'typebox';
import { oneOf, PersonSchema, strict, TimeSchema } from './contract-fields.ts';

export const ImportQuerySchema = Type.Object(
  {
    format: oneOf(['litellm', 'portkey'] as const, 'LiteLLM’s price map, or price files of Portkey'),
    provider: Type.Optional(Type.String({ maxLength: 60, description: 'Whose file it is, for one file of Portkey' })),
    preview: Type.Optional(Type.Boolean({ default: false, description: 'Only show what would change' })),
    from: Type.Optional(
      Type.String({
        maxLength: 30,
        description: 'From when changed prices hold; default now. New ones hold since always',
      }),
    ),
    closeGone: Type.Optional(
      Type.Boolean({ default: false, description: 'End prices of this format that the file no longer has' }),
    ),
  },
  strict,
);
const FieldSchema = { field: Type.String(), models: Type.Integer({ description: 'How many models carry it' }) };
const NamedPriceSchema = Type.Object({
  provider: Type.String(),
  item: Type.String(),
  region: Type.String(),
  price: Type.String(),
});
export const ImportReportSchema = Type.Object({
  preview: Type.Boolean(),
  importId: Type.Optional(Type.Integer()),
  format: Type.String(),
  models: Type.Integer({ description: 'Models in the file' }),
  prices: Type.Integer({ description: 'Prices read from it' }),
  counts: Type.Object({
    new: Type.Integer(),
    changed: Type.Integer(),
    unchanged: Type.Integer(),
    gone: Type.Integer(),
    hidden: Type.Integer({ description: 'Prices behind one that your people wrote themselves, which counts' }),
  }),
  new: Type.Array(NamedPriceSchema, { description: 'At most 500 of each list' }),
  changed: Type.Array(
    Type.Object({
      ...NamedPriceSchema.properties,
      id: Type.String(),
      before: Type.String(),
      changes: Type.Array(Type.String()),
    }),
  ),
  gone: Type.Array(Type.Object({ ...NamedPriceSchema.properties, id: Type.String() })),
  priced: Type.Array(Type.Object({ ...FieldSchema, as: Type.String() }), { description: 'Fields that make prices' }),
  notPriced: Type.Array(
    Type.Object({ ...FieldSchema, reason: Type.String(), known: Type.Boolean({ description: 'false: look at it' }) }),
    { description: 'Fields that do not, with the reason' },
  ),
  remarks: Type.Array(
    Type.Object({ remark: Type.String(), models: Type.Integer(), examples: Type.Array(Type.String()) }),
  ),
  skipped: Type.Array(Type.Object({ name: Type.String(), reason: Type.String() })),
});
export type ImportReport = Static<typeof ImportReportSchema>;
export const ImportsSchema = Type.Array(
  Type.Object({
    id: Type.Integer(),
    format: Type.String(),
    importedAt: TimeSchema,
    importedBy: PersonSchema,
    report: ImportReportSchema,
  }),
);
