import Type from 'typebox';
import { EventSettingsSchema } from './event-settings.ts';
import { Positive, SecretString, strict } from './setting-types.ts';

/** What is forecast, and what is known ahead. */
export const ForecastingSettingsSchema = Type.Object(
  {
    seasonMinutes: Positive(1440, 'Length of the season of the seasonal-naive forecaster'),
    maxWorkloads: Positive(1000, 'Workloads that are forecast: the busiest ones'),
    replayMinutes: Positive(4320, 'Kept minutes that the models learn from after a start'),
    tuning: Type.Object(
      {
        secondsPerDay: Type.Number({
          minimum: 0,
          default: 10,
          description: 'Computing time to train the network on one workload a day; 0: never',
        }),
        secondsPerTurn: Positive(15, 'Computing time for all workloads in one turn; a turn begins every minute'),
        days: Positive(7, 'Days of a workload that it is trained on'),
        steps: Positive(400, 'Steps of one training, of 64 windows each'),
      },
      { ...strict, default: {} },
    ),
    events: Type.Array(EventSettingsSchema, {
      default: [],
      maxItems: 1000,
      description: 'Events that are known ahead; by the API they can be read and not changed',
    }),
    annotations: Type.Object(
      {
        token: Type.Optional(
          SecretString('Service account token of Grafana; with it, annotations are read as known events'),
        ),
        tag: Type.String({
          default: 'amadeus-event',
          minLength: 1,
          description: 'Annotations with this tag are read',
        }),
        daysAhead: Positive(60, 'How far ahead they are read'),
      },
      { ...strict, default: {} },
    ),
  },
  { ...strict, default: {} },
);
