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

describe('the query editor', () => {
  test('starts with traffic, ready to draw', () => {
    show();
    expect(screen.getByRole('radio', { name: 'Traffic' })).toBeChecked();
    expect(screen.getByRole('combobox', { name: 'Workload' })).toHaveValue('The busiest');
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
  });

  test('goes to cost with a grouping that says something', async () => {
    const { last } = show();
    await userEvent.click(screen.getByRole('radio', { name: 'Cost' }));
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

  test('offers an alert rule only what gives numbers', () => {
    show({ queryType: 'cost', format: 'table', granularity: 'day' }, CoreApp.UnifiedAlerting);
    expect(screen.queryByRole('radio', { name: 'Events' })).not.toBeInTheDocument();
    expect(screen.getByText('An alert rule needs one number per series')).toBeInTheDocument();
  });
});
