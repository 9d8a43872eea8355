import Type, { type Static } from 'typebox';

const strict = { additionalProperties: false } as const;
const Hours = (description: string) => Type.String({ description, examples: ['1536.25'] });
const Amount = (description: string) => Type.String({ description, examples: ['2073.9375'] });
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const one = (description: string, options: object = {}) =>
  Type.Optional(Type.String({ maxLength: 200, description, ...options }));

const spanFields = {
  from: one('First hour, ISO 8601; 30 days before `to` where absent', { examples: ['2026-11-01T00:00:00Z'] }),
  to: one('Hour after the last one, ISO 8601; the present hour where absent'),
  cluster: one('Name of one cluster'),
  threshold: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 100,
      default: 5,
      description: 'Per cent of utilisation below which a GPU that a job holds counts as held idle',
    }),
  ),
};

export const AccountingQuerySchema = Type.Object(spanFields, strict);
export type AccountingQuery = Static<typeof AccountingQuerySchema>;

export const NoticeSchema = Type.Object({
  severity: Type.Union([Type.Literal('info'), Type.Literal('warning')]),
  text: Type.String(),
});
export type Notice = Static<typeof NoticeSchema>;

export const AccountingRowSchema = Type.Object({
  cluster: Type.String(),
  region: Type.String(),
  scheduler: Type.String({ description: 'slurm or kubernetes' }),
  gpuType: Type.String({ description: 'Empty where the scheduler does not say' }),
  totalGpuHours: Nullable(Hours('Capacity x hours; null where the capacity is not known or not the caller’s to see')),
  allocatedGpuHours: Hours('Held by jobs and pods'),
  usedGpuHours: Nullable(
    Hours('Utilisation x hours of what jobs held, as far as it was sampled; null without samples'),
  ),
  sampledGpuHours: Hours('Part of the allocated hours for which there are samples'),
  idleGpuHours: Nullable(Hours('Total less allocated')),
  heldIdleGpuHours: Hours('Held by jobs, with a utilisation under the threshold'),
  cost: Nullable(
    Type.Object(
      {
        currency: Type.String(),
        total: Nullable(Amount('Exact decimal')),
        allocated: Amount('Exact decimal'),
        used: Nullable(Amount('Exact decimal')),
        idle: Nullable(Amount('Exact decimal')),
        heldIdle: Amount('Exact decimal'),
        priceIds: Type.Array(Type.String(), { description: 'Entries of the price book that made it' }),
      },
      { description: 'Each day at the rate of that day; null where the price book has no rate' },
    ),
  ),
});
export type AccountingRow = Static<typeof AccountingRowSchema>;

export const AccountingSchema = Type.Object({
  from: Type.String({ description: 'First hour' }),
  to: Type.String({ description: 'Excluded' }),
  threshold: Type.Number({ description: 'Per cent' }),
  rows: Type.Array(AccountingRowSchema),
  notices: Type.Array(NoticeSchema),
});
export type Accounting = Static<typeof AccountingSchema>;

export const JobsQuerySchema = Type.Object(
  {
    ...spanFields,
    scheduler: Type.Optional(Type.Union([Type.Literal('slurm'), Type.Literal('kubernetes')])),
    team: one('Team'),
    account: one('Account of Slurm, namespace of Kubernetes'),
    user: one('User'),
    partition: one('Partition of Slurm'),
    state: one('State as the scheduler names it', { examples: ['COMPLETED'] }),
    gpuType: one('Type of GPU'),
    search: one('Part of the id or name, case ignored'),
    heldIdleOnly: Type.Optional(Type.Boolean({ description: 'Only jobs that held idle GPUs', default: false })),
    sort: Type.Optional(
      Type.Union(
        [
          Type.Literal('gpuHours'),
          Type.Literal('heldIdleGpuHours'),
          Type.Literal('cpuHours'),
          Type.Literal('startedAt'),
        ],
        { default: 'gpuHours', description: 'Largest or latest first' },
      ),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 50 })),
    offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000, default: 0 })),
  },
  strict,
);
export type JobsQuery = Static<typeof JobsQuerySchema>;

export const ClusterJobSchema = Type.Object({
  cluster: Type.String(),
  region: Type.String(),
  scheduler: Type.String(),
  jobId: Type.String({ description: 'namespace/pod for a pod' }),
  jobName: Type.String({ description: 'Workload that owns it for a pod' }),
  user: Type.String(),
  account: Type.String({ description: 'Namespace for a pod' }),
  team: Type.String(),
  partition: Type.String(),
  state: Type.String(),
  startedAt: Type.String({ description: 'Of the run, or of the first stretch in the span for a pod' }),
  endedAt: Nullable(Type.String({ description: 'null while it runs' })),
  gpus: Type.String({ description: 'Most held at once' }),
  gpuType: Type.String(),
  gpuHours: Hours('Within the span'),
  cpuHours: Hours('Within the span, without suspension'),
  memoryGiBHours: Hours('Within the span'),
  usedGpuHours: Nullable(Hours('Utilisation x hours; null without samples')),
  heldIdleGpuHours: Nullable(Hours('Under the threshold; null without samples')),
  gpuCost: Nullable(
    Type.Object({
      amount: Amount('Exact decimal'),
      heldIdle: Nullable(Amount('Part of it that paid for idle GPUs')),
      currency: Type.String(),
      perGpuHour: Amount('Mean rate over the span'),
      priceIds: Type.Array(Type.String()),
    }),
  ),
  source: Type.String({ description: 'Source that sent it; empty: the generated estate' }),
});
export type ClusterJob = Static<typeof ClusterJobSchema>;

export const ClusterJobsSchema = Type.Object({
  from: Type.String(),
  to: Type.String({ description: 'Excluded' }),
  threshold: Type.Number(),
  total: Type.Integer({ description: 'Jobs that match' }),
  jobs: Type.Array(ClusterJobSchema),
  notices: Type.Array(NoticeSchema),
});
export type ClusterJobs = Static<typeof ClusterJobsSchema>;

export const BillsSchema = Type.Object({
  bills: Type.Array(
    Type.Object({
      cluster: Type.String(),
      region: Type.String(),
      period: Type.String({ examples: ['2026-10'] }),
      source: Type.String({ description: 'Source of the charges in the cost rooms' }),
      charges: Type.Integer(),
      billedAt: Type.String({ format: 'date-time' }),
      notices: Type.Array(Type.String(), { description: 'What has no price, what holds more than there is' }),
    }),
  ),
});
export type ClusterBills = Static<typeof BillsSchema>;
