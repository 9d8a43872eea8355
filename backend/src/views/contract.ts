import Type, { type Static } from 'typebox';
import { viewFields } from '../platform/config/index.ts';

const strict = { additionalProperties: false } as const;
const Time = (description: string) => Type.String({ format: 'date-time', description });
const Shared = Type.Boolean({ description: 'True: everybody of the tenant finds it; false: only its owner' });

export const ViewSchema = Type.Object({
  id: Type.String(),
  name: viewFields.name,
  page: viewFields.page,
  params: Type.Record(Type.String(), Type.Array(Type.String()), {
    description: 'Parameters of its address: each name with its values',
  }),
  shared: Shared,
  regions: Type.Union([Type.Literal('all'), Type.Array(Type.String())], {
    description: 'Who sees all of them finds it; all: who sees every region; an empty list: everybody',
  }),
  mine: Type.Boolean({ description: 'True: the caller saved it' }),
  editable: Type.Boolean({ description: 'Whether the caller may change and delete it' }),
  owner: Type.Object({ id: Type.String(), name: Type.String() }),
  origin: Type.Union([Type.Literal('api'), Type.Literal('file')], {
    description: 'file: kept in the configuration, read-only here',
  }),
  version: Type.Integer({ description: 'Grows with each change; send it back with a change' }),
  createdAt: Time('When it was saved'),
  updatedAt: Time('When it was last changed'),
});
export type View = Static<typeof ViewSchema>;

export const ViewsSchema = Type.Object({
  views: Type.Array(ViewSchema),
  mayShare: Type.Boolean({ description: 'Whether the caller may share views with everybody' }),
});
export type Views = Static<typeof ViewsSchema>;

export const ViewsQuerySchema = Type.Object(
  { page: Type.Optional(Type.String({ maxLength: 100, description: 'Only views of this page' })) },
  strict,
);

export const ViewIdSchema = Type.Object(
  { id: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,62}$', description: 'Id of the view' }) },
  strict,
);

const written = { ...viewFields, shared: Type.Optional({ ...Shared, default: false }) };
export const CreateViewSchema = Type.Object(written, strict);
export const UpdateViewSchema = Type.Object(
  { ...written, version: Type.Integer({ minimum: 1, description: 'The version that was changed' }) },
  strict,
);
export type ViewInput = Static<typeof CreateViewSchema>;
