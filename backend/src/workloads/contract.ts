import Type, { type Static } from 'typebox';

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

export const WorkloadSchema = Type.Object({
  workload: Type.String({ examples: ['shop/frontend'] }),
  region: Type.String(),
  lastMinute: Type.String({ format: 'date-time', description: 'Start of the last minute that is known' }),
  requestsPerMinute: Nullable(Type.Number({ description: 'In the last minute that was measured' })),
  replicas: Nullable(Type.Number({ description: 'Ready pods' })),
  champion: Nullable(Type.String({ description: 'Forecaster that speaks for it; null before the first forecast' })),
  state: Type.Union([Type.Literal('fresh'), Type.Literal('stale')], { description: 'stale: nothing for five minutes' }),
});
export type WorkloadState = Static<typeof WorkloadSchema>;
export const WorkloadsSchema = Type.Array(WorkloadSchema);

export const SourceHealthSchema = Type.Object({
  source: Type.String({ examples: ['prometheus'] }),
  region: Type.String(),
  state: Type.Union([Type.Literal('ok'), Type.Literal('failing'), Type.Literal('waiting')]),
  lastSuccessAt: Nullable(Type.String({ format: 'date-time' })),
  lastErrorAt: Nullable(Type.String({ format: 'date-time' })),
  lastError: Nullable(Type.String({ description: 'What went wrong last' })),
  help: Nullable(Type.String({ description: 'What to do about it' })),
  samples: Type.Integer({ description: 'Samples that the last good reading held' }),
  workloads: Type.Integer({ description: 'Workloads in the last good reading' }),
  notices: Type.Array(Type.String(), { description: 'What was left out or looks wrong in it' }),
});
export type SourceHealth = Static<typeof SourceHealthSchema>;
export const SourceHealthsSchema = Type.Array(SourceHealthSchema);
