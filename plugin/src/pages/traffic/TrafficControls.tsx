import { Button, FilterPill, InlineField, Stack } from '@grafana/ui';
import { Choice } from '../../components/Choice';
import { t } from '../../i18n';
import { markKinds, markName, type MarkKind } from '../../panels/marks';
import type { Workload } from '../../service/contract';
import type { DrawerTab } from './WorkloadDrawer';

interface Props {
  workloads: Workload[];
  workload: string;
  horizonMinutes: number;
  marks: readonly MarkKind[];
  onWorkload: (workload: string) => void;
  onHorizon: (minutes: number) => void;
  onMarks: (marks: MarkKind[]) => void;
  onShow: (tab: DrawerTab) => void;
}

const horizons = [1, 2, 3, 5, 10];

export function TrafficControls({ workloads, workload, horizonMinutes, marks, ...on }: Props) {
  const name = t('traffic.workload', 'Workload');
  const ahead = t('traffic.ahead', 'Predicted');
  const toggle = (kind: MarkKind) =>
    on.onMarks(markKinds.filter((other) => (other === kind ? !marks.includes(kind) : marks.includes(other))));
  return (
    <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
      <InlineField label={name}>
        <Choice
          name={name}
          options={workloads.map((one) => ({ value: one.workload }))}
          value={workload || null}
          onChange={(option) => on.onWorkload(option.value)}
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
          onChange={(option) => on.onHorizon(option.value)}
          width={18}
        />
      </InlineField>
      <Button variant="secondary" icon="chart-line" disabled={workload === ''} onClick={() => on.onShow('forecaster')}>
        {t('traffic.forecaster', 'Forecaster')}
      </Button>
      <Button variant="secondary" icon="sliders-v-alt" disabled={workload === ''} onClick={() => on.onShow('decision')}>
        {t('traffic.decision', 'Replicas')}
      </Button>
      <div role="group" aria-label={t('traffic.marks', 'Marks on the chart')}>
        <Stack direction="row" gap={0.5} wrap="wrap">
          {markKinds.map((kind) => (
            <FilterPill
              key={kind}
              label={markName(kind)}
              selected={marks.includes(kind)}
              onClick={() => toggle(kind)}
            />
          ))}
        </Stack>
      </div>
    </Stack>
  );
}
