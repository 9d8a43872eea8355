import Type, { type Static } from 'typebox';
import type { SelfHostedModel } from './reconciliation-contract.ts';
import { costOf, Exact, plain } from './exact.ts';

const Pattern = Type.Optional(
  Type.String({ minLength: 1, maxLength: 200, description: 'A trailing * stands for any end' }),
);

/** Which model a workload serves, where neither x_Model nor a tag says so. */
export const DeploymentSchema = Type.Object(
  {
    match: Type.Object(
      { namespace: Pattern, workload: Pattern, job: Pattern, cluster: Pattern },
      { additionalProperties: false, minProperties: 1 },
    ),
    model: Type.String({ minLength: 1, maxLength: 200 }),
  },
  { additionalProperties: false },
);
export type Deployment = Static<typeof DeploymentSchema>;

/** GPU-hours as they were billed, of one owner. */
export interface GpuCharge {
  /** x_Model or a tag; empty where neither says. */
  model: string;
  namespace: string;
  workload: string;
  job: string;
  cluster: string;
  currency: string;
  gpuHours: string;
  cost: string;
}

/** What GPUs of a job were measured to do. */
export interface MeasuredJob {
  cluster: string;
  job: string;
  gpuHours: string;
  /** Sum over the hours of the share in use, 0 to 1 each. */
  usedGpuHours: string;
}

export interface ServedTokens {
  model: string;
  requests: string;
  inputTokens: string;
  cachedInputTokens: string;
  outputTokens: string;
}

/** The model that a charge is for; empty where nothing tells. */
export function servedModel(
  charge: Omit<GpuCharge, 'currency' | 'gpuHours' | 'cost'>,
  deployments: readonly Deployment[],
): string {
  const rule = deployments.find(({ match }) =>
    (['namespace', 'workload', 'job', 'cluster'] as const).every((name) => {
      const wanted = match[name];
      if (wanted === undefined) return true;
      return wanted.endsWith('*') ? charge[name].startsWith(wanted.slice(0, -1)) : charge[name] === wanted;
    }),
  );
  return rule?.model ?? charge.model;
}

export interface ModelUse {
  model: string;
  currency: string;
  gpuHours: Exact;
  cost: Exact;
  /** GPU-hours that were measured, and of them those in use. */
  measured: Exact;
  used: Exact;
  tokens: ServedTokens | undefined;
  workloads: readonly string[];
}

/**
 * What a model's tokens cost by the GPUs that served it: (GPU-hours × rate) ÷ tokens. Allocated counts every hour that was
 * held; used counts the share in use, as DCGM measured it (mean of DCGM_FI_DEV_GPU_UTIL over the measured hours, taken for all
 * hours that were held). The difference is what idling costs.
 */
export function selfHostedPrice(use: ModelUse): SelfHostedModel {
  const { model, currency, gpuHours, cost, measured, tokens, workloads } = use;
  const utilisation = measured.isZero() ? undefined : use.used.div(measured);
  const rate = gpuHours.isZero() ? undefined : cost.div(gpuHours);
  const usedCost = utilisation && costOf(cost.times(utilisation));
  const served = tokens !== undefined && new Exact(tokens.inputTokens).plus(tokens.outputTokens).greaterThan(0);
  const notes = [
    ...(served ? [] : ['No tokens of this model were recorded in this span: it has cost and no price per token.']),
    ...(utilisation ? [] : ['Its GPUs were not measured (DCGM): there is no price on the used basis.']),
    ...(utilisation && measured.lessThan(gpuHours)
      ? [`Measured were ${rounded(measured)} of ${rounded(gpuHours)} GPU-hours; their use is taken for all.`]
      : []),
  ];
  const total = tokens ? new Exact(tokens.inputTokens).plus(tokens.outputTokens) : new Exact(0);
  return {
    model,
    currency,
    gpuHours: plain(gpuHours),
    rate: rate ? rounded(rate) : null,
    inputTokens: tokens?.inputTokens ?? '0',
    cachedInputTokens: tokens?.cachedInputTokens ?? '0',
    outputTokens: tokens?.outputTokens ?? '0',
    requests: tokens?.requests ?? '0',
    utilisation: utilisation ? rounded(utilisation) : null,
    measuredGpuHours: plain(measured),
    allocated: basis(cost, tokens),
    used: usedCost ? basis(usedCost, tokens) : null,
    idleCost: usedCost ? plain(cost.minus(usedCost)) : null,
    formula: formulaOf(gpuHours, rate, utilisation, total, currency),
    notes,
    workloads: [...workloads],
  };
}

function basis(cost: Exact, tokens: ServedTokens | undefined): NonNullable<SelfHostedModel['allocated']> {
  const per = (quantity: Exact, scale: number) => (quantity.isZero() ? null : rounded(cost.times(scale).div(quantity)));
  const [input, output] = [new Exact(tokens?.inputTokens ?? 0), new Exact(tokens?.outputTokens ?? 0)];
  return {
    cost: plain(cost),
    perMillionTokens: per(input.plus(output), 1_000_000),
    perMillionOutputTokens: per(output, 1_000_000),
    perRequest: per(new Exact(tokens?.requests ?? 0), 1),
  };
}

function formulaOf(
  gpuHours: Exact,
  rate: Exact | undefined,
  utilisation: Exact | undefined,
  tokens: Exact,
  currency: string,
): string {
  const hours = `${rounded(gpuHours)} GPU-hours × ${rate ? rounded(rate) : '0'} ${currency}`;
  const divided = tokens.isZero() ? '' : ` ÷ ${plain(tokens)} tokens`;
  const used = utilisation ? `; used: × ${rounded(utilisation)} in use` : '';
  return `allocated: ${hours}${divided}${used}`;
}

/** Ratios are shown with twelve significant digits. */
function rounded(value: Exact): string {
  return plain(value.toSignificantDigits(12));
}
