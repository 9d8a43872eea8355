import Type, { type Static } from 'typebox';

const Share = Type.Number({ description: 'Part of the calls, 0 to 1' });

const FindingSchema = Type.Object(
  {
    measure: Type.Union([Type.Literal('errors'), Type.Literal('first-token'), Type.Literal('cost')]),
    candidate: Type.Number({
      description: 'Of the version on its way: part of the calls, milliseconds (p95), or money per call',
    }),
    candidateLow: Type.Optional(Type.Number({ description: 'The least that what was seen leaves possible' })),
    stable: Type.Number({ description: 'Of what served before' }),
    stableHigh: Type.Optional(Type.Number({ description: 'The most that what was seen leaves possible' })),
    bound: Type.Optional(Type.Number({ description: 'What the version may reach' })),
    isWorse: Type.Boolean(),
  },
  { description: 'Absent bounds: too little was seen' },
);

const EvidenceSchema = Type.Object({
  findings: Type.Array(FindingSchema),
  candidateCalls: Type.Integer(),
  stableCalls: Type.Integer(),
  currency: Type.String({ description: 'Of costs; empty where none are known' }),
});

const StopSchema = Type.Object({
  changeId: Type.Integer({ description: 'The Change that was undone' }),
  version: Type.String(),
  stable: Type.Optional(Type.String({ description: 'What everybody has instead; absent: the policies behind decide' })),
  share: Share,
  evidence: EvidenceSchema,
  reason: Type.String(),
  at: Type.String({ format: 'date-time' }),
});

export const RolloutGuardSchema = Type.Object({
  running: Type.Optional(
    Type.Object({
      changeId: Type.Integer(),
      version: Type.String(),
      stable: Type.Optional(Type.String()),
      share: Share,
      stopsItself: Type.Boolean(),
      minCalls: Type.Integer({ description: 'Calls of each side before it is judged' }),
      state: Type.Union([Type.Literal('waiting'), Type.Literal('fine'), Type.Literal('stopped')]),
      evidence: EvidenceSchema,
      costGap: Type.Optional(
        Type.Union(
          [Type.Literal('candidate'), Type.Literal('stable'), Type.Literal('both'), Type.Literal('currencies')],
          {
            description:
              'Why costs are not compared: of whose calls the cost is not known, or that the currencies differ',
          },
        ),
      ),
    }),
  ),
  stops: Type.Array(StopSchema, { description: 'Newest first, at most 20' }),
});
export type RolloutGuard = Static<typeof RolloutGuardSchema>;

export const PolicyNameSchema = Type.Object(
  { name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$' }) },
  { additionalProperties: false },
);
