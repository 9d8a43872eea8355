import type { HealingWorkloads, IncidentView, Timeline } from '@amadeus/backend/healing/contract.ts';
import {
  sceneGraph,
  SceneObjectBase,
  SceneObjectUrlSyncConfig,
  type SceneComponentProps,
  type SceneObjectState,
  type SceneObjectUrlValues,
} from '@grafana/scenes';
import { Alert, Button } from '@grafana/ui';
import { ChangeDrawer } from '../../changes/ChangeDrawer';
import { PendingChanges } from '../../changes/PendingChanges';
import { Empty, FailureNote, Skeleton } from '../../components/States';
import { t } from '../../i18n';
import { useService } from '../../service/use-service';
import { PageFrame, Part } from '../PageFrame';
import { ClusterNotes } from './ClusterNotes';
import { HealingAnswer } from './HealingAnswer';
import { HealingFilters, noFilters, type Filters } from './HealingFilters';
import { healingStory } from './healing-story';
import { IncidentCard } from './IncidentCard';
import { IncidentLanes } from './IncidentLanes';
import { ModesPart } from './ModesPart';
import { troubleNames, verdictNames } from './healing-words';

interface HealingState extends SceneObjectState {
  filters: Filters;
  /** Incidents that are asked for. */
  limit: number;
  /** The Change whose drawer is open. */
  change?: number;
}

const few = 50;
const most = 500;

/** What fell over, and what was done about it? */
export class HealingBody extends SceneObjectBase<HealingState> {
  static Component = HealingPage;
  protected override _urlSync = new SceneObjectUrlSyncConfig(this, {
    keys: ['cluster', 'workload', 'trouble', 'verdict', 'state', 'change'],
  });

  constructor() {
    super({ filters: noFilters, limit: few });
  }

  getUrlState(): SceneObjectUrlValues {
    const { filters, change } = this.state;
    const { cluster, workload, trouble, verdict, state } = filters;
    return {
      cluster: cluster || undefined,
      workload: workload || undefined,
      trouble: trouble || undefined,
      verdict: verdict || undefined,
      state: state || undefined,
      change: change === undefined ? undefined : String(change),
    };
  }

  updateFromUrl(values: SceneObjectUrlValues) {
    const text = (value: SceneObjectUrlValues[string]) => [value].flat()[0] ?? '';
    const filters = { ...this.state.filters };
    if ('cluster' in values) filters.cluster = text(values.cluster);
    if ('workload' in values) filters.workload = text(values.workload);
    if ('trouble' in values) filters.trouble = known(troubleNames(), text(values.trouble));
    if ('verdict' in values) filters.verdict = known(verdictNames(), text(values.verdict));
    if ('state' in values) filters.state = known({ open: 1, closed: 1 }, text(values.state));
    const id = Number(text(values.change));
    const change = 'change' in values ? (Number.isSafeInteger(id) && id > 0 ? id : undefined) : this.state.change;
    this.setState({ filters, change });
  }
}

/** The word where the service knows it: an address from elsewhere must not lead to a refusal. */
function known<K extends string>(names: Record<K, unknown>, text: string): K | '' {
  return Object.hasOwn(names, text) ? (text as K) : '';
}

function HealingPage({ model }: SceneComponentProps<HealingBody>) {
  const { filters, limit, change } = model.useState();
  const { value: range } = sceneGraph.getTimeRange(model).useState();
  const language = t('language.code', 'en');
  const timeline = useService<Timeline>(
    '/api/healing/timeline',
    { from: range.from.toISOString(), to: range.to.toISOString(), ...filters, language, limit },
    range,
  );
  const ground = useService<HealingWorkloads>('/api/healing/workloads', {}, range);
  const openChange = (id: number) => model.setState({ change: id });
  const { data, failure, reload } = timeline;
  const clusters = ground.data?.clusters ?? [];
  const isWatched = ground.data === undefined || clusters.length > 0;
  return (
    <PageFrame>
      {failure && <FailureNote failure={failure} what={t('healing.name', 'The incidents')} retry={reload} />}
      {!data && !failure && <Skeleton height={72} />}
      {data && <HealingAnswer story={healingStory(data.incidents)} />}
      {ground.data && <ClusterNotes ground={ground.data} />}
      {data && !isWatched && data.incidents.length === 0 ? (
        <Empty message={t('healing.no-cluster', 'No cluster is watched')}>
          {t(
            'healing.no-cluster-help',
            'Name one under kubernetes.clusters in the configuration. The rights that it takes stand in deploy/rbac; at first it is only observed.',
          )}
        </Empty>
      ) : (
        <>
          <HealingFilters
            filters={filters}
            clusters={clusters.map(({ cluster }) => cluster)}
            workloads={workloadNames(data?.incidents ?? [], ground.data)}
            onChange={(part) => model.setState({ filters: { ...filters, ...part }, limit: few })}
          />
          {data && data.incidents.length > 0 && (
            <IncidentLanes
              incidents={data.incidents}
              from={range.from.valueOf()}
              to={Math.min(range.to.valueOf(), Date.now())}
            />
          )}
          <PendingChanges kinds={['healing.']} refreshKey={range} onOpen={openChange} />
          {data && (
            <Part title={t('healing.timeline', 'What happened, newest first')}>
              <Incidents data={data} filters={filters} onChange={openChange} />
              {data.more &&
                (limit < most ? (
                  <Button variant="secondary" onClick={() => model.setState({ limit: Math.min(most, limit * 4) })}>
                    {t('healing.more', 'Show older ones')}
                  </Button>
                ) : (
                  <Alert
                    severity="info"
                    title={t(
                      'healing.too-many',
                      'Only the newest {{count}} are shown; narrow the time or the filters',
                      {
                        count: most,
                      },
                    )}
                  />
                ))}
            </Part>
          )}
        </>
      )}
      {isWatched && <ModesPart ground={ground} />}
      {change !== undefined && (
        <ChangeDrawer id={change} onClose={() => model.setState({ change: undefined })} onChanged={reload} />
      )}
    </PageFrame>
  );
}

function Incidents({ data, filters, onChange }: { data: Timeline; filters: Filters; onChange: (id: number) => void }) {
  if (data.incidents.length === 0) {
    const isNarrowed = Object.values(filters).some((value) => value !== '');
    return (
      <p>
        {isNarrowed
          ? t('healing.none-narrowed', 'Nothing in this time fits the filters.')
          : t('healing.none', 'Every pod that was watched did well in this time.')}
      </p>
    );
  }
  return (
    <ol style={{ listStyle: 'none', margin: 0, padding: 0 }}>
      {data.incidents.map((incident) => (
        <IncidentCard key={incident.id} incident={incident} onChange={onChange} />
      ))}
    </ol>
  );
}

function workloadNames(incidents: readonly IncidentView[], ground: HealingWorkloads | undefined): string[] {
  const names = [
    ...incidents.map(({ namespace, workload }) => `${namespace}/${workload}`),
    ...(ground?.workloads ?? []).map(({ namespace, name }) => `${namespace}/${name}`),
  ];
  return [...new Set(names)].sort((a, b) => a.localeCompare(b));
}
