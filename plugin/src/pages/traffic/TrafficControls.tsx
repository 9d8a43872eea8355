import { t } from '../../i18n';
import { InlineField, Stack } from '@grafana/ui';
import type { Workload } from '../../service/contract';
import { Choice } from '../../components/Choice';

interface Props {
  workloads: Workload[];
  workload: string;
  horizonMinutes: number;
  onWorkload: (workload: string) => void;
  onHorizon: (minutes: number) => void;
}

const horizons = [1, 2, 3, 5, 10];

export function TrafficControls({ workloads, workload, horizonMinutes, onWorkload, onHorizon }: Props) {
  const name = t('traffic.workload', 'Workload');
  const ahead = t('traffic.ahead', 'Predicted');
  return (
    <Stack direction="row" gap={1} wrap="wrap">
      <InlineField label={name}>
        <Choice
          name={name}
          options={workloads.map((one) => ({ value: one.workload }))}
          value={workload || null}
          onChange={(option) => onWorkload(option.value)}
          width={28}
        />
      </InlineField>
      <InlineField
        label={ahead}
        tooltip={t('traffic.ahead-help', 'How many minutes before the moment the dashed line was predicted.')}
      >
        <Choice
          name={ahead}
          options={horizons.map((minutes) => ({
            value: minutes,
            label: t('traffic.minutes', '{{minutes}} min before', { minutes }),
          }))}
          value={horizonMinutes}
          onChange={(option) => onHorizon(option.value)}
          width={18}
        />
      </InlineField>
    </Stack>
  );
}
