import { css } from '@emotion/css';
import { IconButton, InlineField, RadioButtonGroup, Stack } from '@grafana/ui';
import { useState } from 'react';
import { costMetrics, type CostMetric } from '../../datasource/types';
import { t } from '../../i18n';
import type { Dimension } from '../../service/contract';
import { Choice } from '../../components/Choice';
import { spendCharts, type SpendChartKind } from './spend-view';

interface Props {
  dims: Dimension[];
  groupBy: string[];
  metric: CostMetric;
  chart: SpendChartKind;
  onGroup: (groupBy: string[]) => void;
  onMetric: (metric: CostMetric) => void;
  onChart: (chart: SpendChartKind) => void;
}

/** By what the spend is split, which cost is meant, and how it is drawn. */
export function GroupControls({ dims, groupBy, metric, chart, onGroup, onMetric, onChart }: Props) {
  const cost = t('finops.metric', 'Cost');
  const drawn = t('finops.chart.name', 'Show as');
  const names: Record<CostMetric, string> = {
    EffectiveCost: t('finops.effective', 'Effective (with discounts)'),
    BilledCost: t('finops.billed', 'Billed (invoice)'),
    ListCost: t('finops.list', 'List price'),
    ContractedCost: t('finops.contracted', 'Contracted price'),
  };
  const charts: Record<SpendChartKind, string> = {
    trend: t('finops.chart.trend', 'Trend'),
    bars: t('finops.chart.bars', 'Bars'),
    treemap: t('finops.chart.treemap', 'Treemap'),
  };
  return (
    <Stack direction="row" gap={1} wrap="wrap" alignItems="flex-start">
      <SplitControls dims={dims} groupBy={groupBy} onGroup={onGroup} />
      <InlineField label={cost}>
        <Choice
          name={cost}
          options={costMetrics.map((value) => ({ value, label: names[value] }))}
          value={metric}
          onChange={(option) => onMetric(option.value)}
          width={26}
        />
      </InlineField>
      <InlineField label={drawn}>
        <RadioButtonGroup
          aria-label={drawn}
          options={spendCharts.map((value) => ({ value, label: charts[value] }))}
          value={chart}
          onChange={onChart}
        />
      </InlineField>
    </Stack>
  );
}

/** The first dimension, the second within it, and a third where one was asked for. */
function SplitControls({ dims, groupBy, onGroup }: Pick<Props, 'dims' | 'groupBy' | 'onGroup'>) {
  const [first, second, third] = groupBy;
  const [deeper, setDeeper] = useState(false);
  const one = t('finops.group', 'Split by');
  const two = t('finops.group-second', 'then by');
  const options = (others: ReadonlyArray<string | undefined>) =>
    dims.filter(({ name }) => !others.includes(name)).map(({ name, label }) => ({ value: name, label }));
  const chosen = (...names: Array<string | undefined>) => names.filter((name) => name !== undefined);
  const later = (
    value: string | undefined,
    others: ReadonlyArray<string | undefined>,
    set: (name?: string) => void,
  ) => (
    <Choice
      name={two}
      placeholder={t('finops.group-none', 'nothing')}
      isClearable
      options={options(others)}
      value={value ?? null}
      onChange={(option: { value: string } | null) => set(option?.value)}
      width={20}
    />
  );
  return (
    <>
      <InlineField label={one}>
        <Choice
          name={one}
          options={options([second, third])}
          value={first ?? null}
          onChange={({ value }) => onGroup(chosen(value, second, third))}
          width={20}
        />
      </InlineField>
      <InlineField label={two}>
        {later(second, [first, third], (name) => onGroup(chosen(first, name, name === undefined ? undefined : third)))}
      </InlineField>
      {second !== undefined && third === undefined && !deeper && (
        <span className={deeperStyle}>
          <IconButton
            name="plus"
            tooltip={t('finops.group-third', 'Split by a third dimension, in the trend and the table')}
            onClick={() => setDeeper(true)}
          />
        </span>
      )}
      {second !== undefined && (third !== undefined || deeper) && (
        <InlineField label={two}>
          {later(third, [first, second], (name) => onGroup(chosen(first, second, name)))}
        </InlineField>
      )}
    </>
  );
}

/** As high as the fields beside it. */
const deeperStyle = css({ display: 'inline-flex', alignItems: 'center', height: 32 });
