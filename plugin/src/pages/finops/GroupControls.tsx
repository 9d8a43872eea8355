import { t } from '../../i18n';
import { InlineField, Stack } from '@grafana/ui';
import { costMetrics, type CostMetric } from '../../datasource/types';
import type { Dimension } from '../../service/contract';
import { Choice, Choices } from '../../components/Choice';

interface Props {
  dims: Dimension[];
  groupBy: string[];
  metric: CostMetric;
  onGroup: (groupBy: string[]) => void;
  onMetric: (metric: CostMetric) => void;
}

/** By what the spend is split, and which cost is meant. */
export function GroupControls({ dims, groupBy, metric, onGroup, onMetric }: Props) {
  const group = t('finops.group', 'Split by');
  const cost = t('finops.metric', 'Cost');
  const names: Record<CostMetric, string> = {
    EffectiveCost: t('finops.effective', 'Effective (with discounts)'),
    BilledCost: t('finops.billed', 'Billed (invoice)'),
    ListCost: t('finops.list', 'List price'),
    ContractedCost: t('finops.contracted', 'Contracted price'),
  };
  return (
    <Stack direction="row" gap={1} wrap="wrap">
      <InlineField label={group}>
        <Choices
          name={group}
          options={dims.map(({ name, label }) => ({ value: name, label }))}
          value={groupBy}
          onChange={(options) => onGroup(options.map(({ value }) => value).slice(0, 3))}
          width="auto"
          minWidth={28}
          maxWidth={60}
        />
      </InlineField>
      <InlineField label={cost}>
        <Choice
          name={cost}
          options={costMetrics.map((value) => ({ value, label: names[value] }))}
          value={metric}
          onChange={(option) => onMetric(option.value)}
          width={26}
        />
      </InlineField>
    </Stack>
  );
}
