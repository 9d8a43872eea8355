import Type from 'typebox';
import { strict } from './setting-types.ts';

/** Sources that the service fetches from by itself. */
export const SourcesSchema = Type.Array(
  Type.Object(
    {
      name: Type.String({
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
        description: 'Name of the source; its rows carry it',
      }),
      kind: Type.String({ minLength: 1, description: 'Kind of the connector, e.g. aws-cur' }),
      tenant: Type.String({ default: 'default', minLength: 1 }),
      region: Type.String({
        default: 'default',
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$',
        description: 'Region of the installation that its rows belong to',
      }),
      everyMinutes: Type.Integer({
        minimum: 1,
        maximum: 44_640,
        default: 60,
        description: 'How often it is asked',
      }),
      enabled: Type.Boolean({ default: true }),
      settings: Type.Record(Type.String(), Type.Unknown(), {
        default: {},
        description: 'Of the connector; secrets by name only',
      }),
    },
    strict,
  ),
  { default: [], description: 'Sources that the service fetches from by itself' },
);
