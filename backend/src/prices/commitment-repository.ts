import type { Warehouse } from '../platform/warehouse/index.ts';

export interface EstimatedSpend {
  provider: string;
  model: string;
  currency: string;
  cost: string;
}

/** Estimated cost of language models by provider and model in [from, to), as the visible roll-ups have it. */
export async function estimatedSpend(
  warehouse: Warehouse,
  tenant: string,
  from: Date,
  to: Date,
): Promise<EstimatedSpend[]> {
  const { rows } = await warehouse.query<EstimatedSpend>(
    `SELECT Provider AS provider, Model AS model, Currency AS currency, toString(sum(Cost)) AS cost
     FROM llm_hourly
     WHERE Tenant = {tenant:String} AND Hour >= {from:DateTime} AND Hour < {to:DateTime}
       AND x_DropId IN (SELECT x_DropId FROM llm_day FINAL
         WHERE Tenant = {tenant:String} AND Day >= toDate({from:DateTime}) AND Day <= toDate({to:DateTime}))
     GROUP BY Provider, Model, Currency`,
    { params: { tenant, from: seconds(from), to: seconds(to) }, cacheSeconds: 30 },
  );
  return rows;
}

function seconds(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}
