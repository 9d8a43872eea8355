import type { Scope } from '../platform/identity/index.ts';
import type { Warehouse } from '../platform/warehouse/index.ts';
import type { SelfHosted } from './reconciliation-contract.ts';
import { Exact, plain } from './exact.ts';
import { itemKey } from './model-name.ts';
import * as repository from './self-hosted-repository.ts';
import {
  selfHostedPrice,
  servedModel,
  type Deployment,
  type GpuCharge,
  type MeasuredJob,
  type ModelUse,
  type ServedTokens,
} from './self-hosted.ts';

const shownWorkloads = 50;
const dayOf = (date: Date): string => date.toISOString().slice(0, 10);

/** What the tokens of self-hosted models cost in [from, to), by the GPUs that the caller may see. */
export async function selfHostedModels(
  warehouse: Warehouse,
  span: { from: Date; to: Date },
  deployments: readonly Deployment[],
  scope: Scope,
): Promise<SelfHosted> {
  const [charges, measured, tokens] = await Promise.all([
    repository.gpuCharges(warehouse, span, scope),
    repository.measuredJobs(warehouse, span, scope),
    repository.servedTokens(warehouse, span, scope),
  ]);
  return { from: dayOf(span.from), to: dayOf(span.to), ...joined(charges, measured, tokens, deployments) };
}

/** Charges, measurements and tokens joined by model; pure. */
export function joined(
  charges: readonly GpuCharge[],
  measured: readonly MeasuredJob[],
  tokens: readonly ServedTokens[],
  deployments: readonly Deployment[],
): Pick<SelfHosted, 'models' | 'withoutModel'> {
  const uses = new Map<string, ModelUse & { names: Set<string>; jobs: Set<string> }>();
  const rest = new Map<string, { currency: string; gpuHours: Exact; cost: Exact }>();
  const served = new Map(tokens.map((each) => [itemKey(each.model), each]));
  for (const charge of charges) {
    const model = servedModel(charge, deployments);
    if (model === '') {
      const known = rest.get(charge.currency) ?? {
        currency: charge.currency,
        gpuHours: new Exact(0),
        cost: new Exact(0),
      };
      rest.set(charge.currency, {
        ...known,
        gpuHours: known.gpuHours.plus(charge.gpuHours),
        cost: known.cost.plus(charge.cost),
      });
      continue;
    }
    const key = `${charge.currency}|${itemKey(model)}`;
    const use = uses.get(key) ?? newUse(model, charge.currency, served.get(itemKey(model)));
    use.gpuHours = use.gpuHours.plus(charge.gpuHours);
    use.cost = use.cost.plus(charge.cost);
    use.names.add([charge.cluster, charge.namespace, charge.workload || charge.job].filter(Boolean).join('/'));
    use.jobs.add(jobKey(charge));
    uses.set(key, use);
  }
  for (const job of measured) {
    for (const use of uses.values()) {
      if (!use.jobs.has(jobKey(job)) && !use.jobs.has(jobKey({ ...job, cluster: '' }))) continue;
      use.measured = use.measured.plus(job.gpuHours);
      use.used = use.used.plus(job.usedGpuHours);
    }
  }
  const models = [...uses.values()].map(({ names, jobs: _jobs, ...use }) =>
    selfHostedPrice({ ...use, workloads: [...names].sort().slice(0, shownWorkloads) }),
  );
  return {
    models: models.sort((a, b) => new Exact(b.allocated?.cost ?? 0).comparedTo(a.allocated?.cost ?? 0)),
    withoutModel: [...rest.values()].map(({ currency, gpuHours, cost }) => ({
      currency,
      gpuHours: plain(gpuHours),
      cost: plain(cost),
    })),
  };
}

function newUse(model: string, currency: string, tokens: ServedTokens | undefined) {
  const zero = () => new Exact(0);
  return {
    ...{ model, currency, tokens, workloads: [] as readonly string[] },
    ...{ gpuHours: zero(), cost: zero(), measured: zero(), used: zero() },
    ...{ names: new Set<string>(), jobs: new Set<string>() },
  };
}

function jobKey({ cluster, job }: { cluster: string; job: string }): string {
  return `${cluster}|${job}`;
}
