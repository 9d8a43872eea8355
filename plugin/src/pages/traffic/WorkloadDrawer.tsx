import type { ScalingDetail } from '@amadeus/backend/scaling/contract.ts';
import { Drawer, Stack, Tab, TabsBar } from '@grafana/ui';
import { Empty, FailureNote, Skeleton } from '../../components/States';
import { t } from '../../i18n';
import type { Loaded } from '../../service/use-service';
import { DecisionTab } from './DecisionTab';
import { ForecasterTab } from './ForecasterTab';
import { SettingsTab } from './SettingsTab';

const drawerTabs = ['forecaster', 'decision', 'settings'] as const;
export type DrawerTab = (typeof drawerTabs)[number];

export function isDrawerTab(text: string | undefined): text is DrawerTab {
  return drawerTabs.some((tab) => tab === text);
}

interface Props {
  workload: string;
  tab: DrawerTab;
  scaling: Loaded<ScalingDetail>;
  onTab: (tab: DrawerTab) => void;
  onChange: (id: number) => void;
  onClose: () => void;
}

/** One workload: who foresees it and how well, what is decided about its replicas, and by which settings. */
export function WorkloadDrawer({ workload, tab, scaling, onTab, onChange, onClose }: Props) {
  const names: Record<DrawerTab, string> = {
    forecaster: t('traffic.forecaster', 'Forecaster'),
    decision: t('traffic.decision', 'Replicas'),
    settings: t('traffic.settings', 'Scaling settings'),
  };
  return (
    <Drawer
      title={workload}
      subtitle={scaling.data && `${scaling.data.cluster} · ${scaling.data.region}`}
      onClose={onClose}
      size="lg"
      tabs={
        <TabsBar>
          {drawerTabs.map((one) => (
            <Tab key={one} label={names[one]} active={one === tab} onChangeTab={() => onTab(one)} />
          ))}
        </TabsBar>
      }
    >
      {tab === 'forecaster' ? (
        <ForecasterTab workload={workload} onChange={onChange} />
      ) : (
        <OfScaling scaling={scaling}>
          {(detail) =>
            tab === 'decision' ? (
              <DecisionTab detail={detail} onChange={onChange} onReleased={scaling.reload} />
            ) : (
              <SettingsTab
                key={`${detail.workload} ${detail.settingsVersion}`}
                detail={detail}
                onSaved={scaling.reload}
              />
            )
          }
        </OfScaling>
      )}
    </Drawer>
  );
}

function OfScaling({
  scaling: { data, failure, loading, reload },
  children,
}: {
  scaling: Loaded<ScalingDetail>;
  children: (detail: ScalingDetail) => React.ReactNode;
}) {
  if (failure) return <FailureNote failure={failure} what={t('scaling.name', 'What scaling decides')} retry={reload} />;
  if (data) return <Stack direction="column">{children(data)}</Stack>;
  if (loading) return <Skeleton height={320} />;
  return (
    <Empty message={t('scaling.unknown', 'Nothing is decided about this workload')}>
      {t(
        'scaling.unknown-help',
        'Replicas are decided where the cluster is named under kubernetes.clusters and the workload is found there under the same name.',
      )}
    </Empty>
  );
}
