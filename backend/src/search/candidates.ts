import type { FoundType } from './contract.ts';
import type { Candidate } from './found.ts';
import type { FoundName, NameDimension, NameKind } from './name-repository.ts';

const types: Readonly<Record<NameKind, FoundType>> = {
  x_Team: 'team',
  x_Product: 'product',
  x_Customer: 'customer',
  x_Feature: 'feature',
  x_Model: 'model',
  ServiceName: 'service',
  SubAccountName: 'account',
  ProviderName: 'provider',
  x_Source: 'source',
  ResourceId: 'resource',
};

/** What a value of a dimension is split by where it is shown. */
const splits: Readonly<Record<NameDimension, readonly string[]>> = {
  x_Team: ['ServiceName', 'x_Model'],
  x_Product: ['ServiceName', 'x_Model'],
  x_Customer: ['x_Feature', 'x_Model'],
  x_Feature: ['x_Model', 'x_Team'],
  x_Model: ['x_Team', 'x_Feature'],
  ServiceName: ['x_Team', 'x_Product'],
  SubAccountName: ['ServiceName', 'x_Team'],
  ProviderName: ['ServiceName', 'x_Team'],
  x_Source: ['ServiceName', 'x_Team'],
};

const page = 'finops/explore';

/** A name of the bills, with the page that shows its cost: of a resource the lines of the bill, of all else the split. */
export function namedCandidate({ kind, name, label, service, resourceType, spend }: FoundName): Candidate {
  if (kind !== 'ResourceId') {
    const params = { filter: [filterOf(kind, name)], group: [...splits[kind]] };
    return { type: types[kind], id: name, name, spend, link: { page, params } };
  }
  const detail = [resourceType, service].filter((text) => text !== '').join(', ');
  const params = {
    resource: [name],
    lines: ['1'],
    ...(service === '' ? {} : { filter: [filterOf('ServiceName', service)] }),
  };
  return {
    ...{ type: types[kind], id: name, name: label === '' ? name : label, spend, link: { page, params } },
    ...(label === '' ? {} : { key: name }),
    ...(detail === '' ? {} : { detail }),
  };
}

export function budgetCandidate({ id, name }: { id: string; name: string }): Candidate {
  return { type: 'budget', id, name, link: { page: 'finops/budgets', params: { budget: [id] } } };
}

export function viewCandidate(view: {
  id: string;
  name: string;
  page: string;
  params: Record<string, string[]>;
  owner: { name: string };
}): Candidate {
  const { id, name, page: shown, params, owner } = view;
  return { type: 'view', id, name, detail: owner.name, link: { page: shown, params } };
}

export function workloadCandidate({ workload, region }: { workload: string; region: string }): Candidate {
  const link = { page: 'traffic', params: { workload: [workload] } };
  return { type: 'workload', id: `${region}/${workload}`, name: workload, detail: region, link };
}

/** A source leads to its settings and health; what it cost stands beside it where the bills name it. */
export function sourceCandidates(
  named: readonly Candidate[],
  listed: readonly { source: string; title: string; region: string }[],
): Candidate[] {
  const byName = new Map(listed.map((one) => [one.source, one]));
  for (const { name } of named) if (!byName.has(name)) byName.set(name, { source: name, title: '', region: '' });
  return [...byName.values()].map(({ source, title, region }) => {
    const { spend } = named.find(({ name }) => name === source) ?? {};
    const detail = [title, region].filter((text) => text !== '').join(', ');
    return {
      ...{ type: 'source', id: source, name: source, link: { page: 'data/sources', params: { source: [source] } } },
      ...(detail === '' ? {} : { detail }),
      ...(spend === undefined ? {} : { spend }),
    };
  });
}

/** A filter as addresses write it. */
function filterOf(dimension: string, value: string): string {
  return `${dimension}:${value.replace(/[\\,]/g, '\\$&')}`;
}
