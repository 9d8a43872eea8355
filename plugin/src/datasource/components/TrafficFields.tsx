import { t } from '../../i18n';
import { FilterPill, InlineField, Stack } from '@grafana/ui';
import { trafficSeries, type TrafficSeries } from '../types';
import type { FieldsProps } from './QueryEditor';
import { WorkloadPicker } from './WorkloadPicker';
import { Choice } from '../../components/Choice';

const horizons = [1, 2, 3, 5, 10];

export function TrafficFields({ query, datasource, change }: FieldsProps) {
  const chosen = query.series ?? [];
  const names: Record<TrafficSeries, string> = {
    actual: t('query.series.actual', 'Actual'),
    predicted: t('query.series.predicted', 'Predicted'),
    band: t('query.series.band', '80 % band'),
    capacity: t('query.series.capacity', 'Capacity'),
    replicas: t('query.series.replicas', 'Pods'),
  };
  const toggle = (series: TrafficSeries) => {
    const on = chosen.includes(series);
    change({ series: trafficSeries.filter((one) => (one === series ? !on : chosen.includes(one))) });
  };
  return (
    <>
      <WorkloadPicker
        value={query.workload ?? ''}
        datasource={datasource}
        onChange={(workload) => change({ workload })}
      />
      <Stack direction="row" gap={1} wrap="wrap">
        <InlineField
          label={t('query.series.label', 'Lines')}
          labelWidth={14}
          invalid={chosen.length === 0}
          error={t('query.series.none', 'Choose at least one')}
        >
          <Stack direction="row" gap={0.5} wrap="wrap" alignItems="center">
            {trafficSeries.map((series) => (
              <FilterPill
                key={series}
                label={names[series]}
                selected={chosen.includes(series)}
                onClick={() => toggle(series)}
              />
            ))}
          </Stack>
        </InlineField>
        <InlineField
          label={t('query.horizon.label', 'Predicted')}
          tooltip={t('query.horizon.help', 'How many minutes before the moment the prediction was made.')}
        >
          <Choice
            name={t('query.horizon.label', 'Predicted')}
            options={horizons.map((minutes) => ({
              value: minutes,
              label: t('query.horizon.minutes', '{{minutes}} min ahead', { minutes }),
            }))}
            value={query.horizonMinutes ?? 10}
            onChange={(option) => change({ horizonMinutes: option.value })}
            width={18}
          />
        </InlineField>
      </Stack>
    </>
  );
}
