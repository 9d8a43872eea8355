import { CoreApp } from '@grafana/data';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import type { AmadeusDatasource } from '../datasource';
import type { AmadeusQuery, VariableType } from '../types';
import { QueryEditor } from './QueryEditor';

const lists: Record<VariableType, string[]> = {
  workloads: ['shop/frontend', 'shop/checkout'],
  dimensions: ['ServiceName', 'x_Team'],
  values: ['search', 'ads'],
  budgets: ['research'],
  'usage-dimensions': ['Model', 'Customer'],
  'routing-dimensions': ['policy', 'route'],
};

/** A data source that knows a few names. */
const datasource = {
  list: (type: VariableType, { search = '' }: { search?: string } = {}) =>
    Promise.resolve(lists[type].filter((name) => name.includes(search)).map((name) => ({ text: name, value: name }))),
} as unknown as AmadeusDatasource;

function show(query: Partial<AmadeusQuery> = {}, app?: CoreApp) {
  const asked: AmadeusQuery[] = [];
  let ran = 0;
  function Page() {
    const [current, setCurrent] = useState<AmadeusQuery>({ refId: 'A', ...query });
    const change = (next: AmadeusQuery) => {
      asked.push(next);
      setCurrent(next);
    };
    return <QueryEditor query={current} datasource={datasource} app={app} onChange={change} onRunQuery={() => ran++} />;
  }
  render(<Page />);
  return { last: () => asked.at(-1), ran: () => ran };
}

async function showType(name: string) {
  // The list draws only what is in view; typing brings the type into it.
  await userEvent.type(screen.getByRole('combobox', { name: 'Show' }), name);
  await userEvent.click(await screen.findByRole('option', { name: new RegExp(`^${name}`) }));
}

describe('the query editor', () => {
  test('starts with traffic, ready to draw', () => {
    show();
    expect(screen.getByRole('combobox', { name: 'Show' })).toHaveValue('Traffic');
    expect(screen.getByRole('combobox', { name: 'Workload' })).toHaveValue('The busiest');
  });

  test('asks about the service itself, part by part', async () => {
    const { last } = show();
    await showType('Service health');
    expect(last()).toMatchObject({ queryType: 'service', by: 'vitals' });
    await userEvent.click(screen.getByRole('combobox', { name: 'Part' }));
    await userEvent.click(await screen.findByRole('option', { name: 'Loops' }));
    expect(last()).toMatchObject({ queryType: 'service', by: 'loops' });
  });

  test('gives an alert rule one number of a table, and forgets it with the type', async () => {
    const { last } = show({ queryType: 'budget' }, CoreApp.UnifiedAlerting);
    await userEvent.click(screen.getByRole('combobox', { name: 'Only the number' }));
    await userEvent.click(await screen.findByRole('option', { name: 'forecastShare' }));
    expect(last()).toMatchObject({ queryType: 'budget', number: 'forecastShare' });
    await showType('Sources');
    expect(last()).not.toHaveProperty('number');
  });

  test('asks for a workload chosen by type-ahead, and runs at once', async () => {
    const { last, ran } = show();
    await userEvent.click(screen.getByRole('combobox', { name: 'Workload' }));
    await userEvent.click(await screen.findByRole('option', { name: 'shop/checkout' }));
    expect(last()).toMatchObject({
      queryType: 'traffic',
      workload: 'shop/checkout',
      series: ['actual', 'predicted', 'band'],
    });
    expect(ran()).toBe(1);
  });

  test('switches lines on and off', async () => {
    const { last } = show();
    await userEvent.click(screen.getByRole('button', { name: 'Pods' }));
    expect(last()!.series).toEqual(['actual', 'predicted', 'band', 'replicas']);
    await userEvent.click(screen.getByRole('button', { name: 'Actual' }));
    expect(last()!.series).toEqual(['predicted', 'band', 'replicas']);
    await userEvent.click(screen.getByRole('button', { name: 'Capacity' }));
    expect(last()!.series).toEqual(['predicted', 'band', 'capacity', 'replicas']);
  });

  test('marks what scaling did, what healing did, and what is known ahead', async () => {
    const { last } = show({ queryType: 'annotations' });
    for (const [name, kind] of [
      ['Scaling', 'scaling'],
      ['Healing', 'healing'],
      ['Known events', 'events'],
      ['Surprises', 'forecasts'],
    ] as const) {
      await userEvent.click(screen.getByRole('combobox', { name: 'Events' }));
      await userEvent.click(await screen.findByRole('option', { name: new RegExp(`^${name}`) }));
      expect(last()).toMatchObject({ queryType: 'annotations', kind });
    }
  });

  test('goes to cost with a grouping that says something', async () => {
    const { last } = show();
    await showType('Cost');
    expect(last()).toMatchObject({
      queryType: 'cost',
      metric: 'EffectiveCost',
      groupBy: ['ServiceName'],
      format: 'timeseries',
    });
  });

  test('filters by values of a dimension; half a filter asks nothing', async () => {
    const { last, ran } = show({ queryType: 'cost' });
    await userEvent.click(screen.getByRole('button', { name: 'Add filter' }));
    expect(ran()).toBe(0);
    await userEvent.click(screen.getByRole('combobox', { name: 'Filter by' }));
    await userEvent.click(await screen.findByRole('option', { name: 'x_Team' }));
    expect(ran()).toBe(0);
    await userEvent.click(screen.getByRole('combobox', { name: 'Values' }));
    await userEvent.click(await screen.findByRole('option', { name: 'search' }));
    expect(last()!.filters).toEqual([{ dim: 'x_Team', values: ['search'] }]);
  });

  test('offers an alert rule only what gives numbers', async () => {
    show({ queryType: 'cost', format: 'table', granularity: 'day' }, CoreApp.UnifiedAlerting);
    expect(screen.getByText('An alert rule needs one number per series')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('combobox', { name: 'Show' }));
    await screen.findByRole('option', { name: /^Budgets/ });
    expect(screen.queryByRole('option', { name: /^Events/ })).not.toBeInTheDocument();
  });

  test('a new type begins with its own grouping, not that of the one before', async () => {
    const { last } = show({ queryType: 'cost', groupBy: ['RegionId'], format: 'table' });
    await showType('LLM usage');
    expect(last()).toMatchObject({ queryType: 'usage', groupBy: ['Model'], measure: 'requests', format: 'timeseries' });
  });

  test('shows the gateway by policy, and gives an alert rule its error rate', async () => {
    const { last } = show({ queryType: 'usage', measure: 'durationP99' }, CoreApp.UnifiedAlerting);
    await showType('LLM gateway');
    expect(last()).toMatchObject({ queryType: 'routing', measure: 'requests', groupBy: ['policy'] });
    await userEvent.click(screen.getByRole('combobox', { name: 'Count' }));
    await userEvent.click(await screen.findByRole('option', { name: 'Cache hit rate' }));
    expect(last()).toMatchObject({ measure: 'cacheShare', format: 'timeseries' });
    await userEvent.click(screen.getByRole('radio', { name: 'Table' }));
    await userEvent.click(screen.getByRole('combobox', { name: 'Only the number' }));
    await userEvent.click(await screen.findByRole('option', { name: 'tryErrorShare' }));
    expect(last()).toMatchObject({ format: 'table', number: 'tryErrorShare' });
  });

  test('shows all budgets, or one along its days', async () => {
    const { last } = show();
    await showType('Budgets');
    expect(last()).toMatchObject({ queryType: 'budget', budget: '', format: 'table' });
    await userEvent.click(screen.getByRole('combobox', { name: 'Budget' }));
    await userEvent.click(await screen.findByRole('option', { name: 'research' }));
    await userEvent.click(screen.getByRole('radio', { name: 'Time series' }));
    expect(last()).toMatchObject({ budget: 'research', format: 'timeseries' });
  });

  test('asks what one session costs, by customer', async () => {
    const { last } = show({ queryType: 'unit' });
    await userEvent.click(screen.getByRole('combobox', { name: 'Cost per' }));
    await userEvent.click(await screen.findByRole('option', { name: 'Session' }));
    expect(last()!.unit).toBe('session');
    await userEvent.click(screen.getByRole('radio', { name: 'Table' }));
    expect(screen.getByRole('combobox', { name: 'A row for each' })).toHaveValue('Customer');
  });
});
