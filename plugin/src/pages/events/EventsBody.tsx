import type { EventView } from '@amadeus/backend/forecasting/event-contract.ts';
import {
  SceneObjectBase,
  SceneObjectUrlSyncConfig,
  type SceneComponentProps,
  type SceneObjectState,
  type SceneObjectUrlValues,
} from '@grafana/scenes';
import { Button } from '@grafana/ui';
import { Empty, FailureNote, Skeleton } from '../../components/States';
import { t } from '../../i18n';
import { useMe } from '../../service/MeContext';
import { useService } from '../../service/use-service';
import { PageFrame, Part } from '../PageFrame';
import { EventDrawer } from './EventDrawer';
import { EventsAnswer } from './EventsAnswer';
import { EventTable } from './EventTable';

interface EventsState extends SceneObjectState {
  /** Id of the event that is open; `new`: one that is being written. */
  event: string;
}

/** What is known ahead, and what did it do before? */
export class EventsBody extends SceneObjectBase<EventsState> {
  static Component = EventsPage;
  protected override _urlSync = new SceneObjectUrlSyncConfig(this, { keys: ['event'] });

  constructor() {
    super({ event: '' });
  }

  getUrlState(): SceneObjectUrlValues {
    return { event: this.state.event || undefined };
  }

  updateFromUrl({ event }: SceneObjectUrlValues) {
    this.setState({ event: typeof event === 'string' ? event : '' });
  }
}

const dayMs = 86_400_000;

function EventsPage({ model }: SceneComponentProps<EventsBody>) {
  const { event: open } = model.useState();
  const { may } = useMe();
  const today = Math.floor(Date.now() / dayMs) * dayMs;
  const { data, failure, reload } = useService<{ events: EventView[] }>('/api/events', {
    from: new Date(today - 90 * dayMs).toISOString(),
    to: new Date(today + 366 * dayMs).toISOString(),
  });
  const events = data?.events ?? [];
  const shown = events.find(({ id }) => id === open);
  const create = may('changes:propose') && (
    <Button icon="plus" onClick={() => model.setState({ event: 'new' })}>
      {t('event.new', 'New event')}
    </Button>
  );
  return (
    <PageFrame>
      {failure && <FailureNote failure={failure} what={t('event.all', 'The known events')} retry={reload} />}
      {!data && !failure && <Skeleton height={220} />}
      {data && <EventsAnswer events={events} />}
      {data && events.length === 0 && (
        <Empty message={t('event.none', 'No event is known')}>
          <p>
            {t(
              'event.none-help',
              'A sale, a deploy or a holiday that is known ahead is prepared for; after the first of its name, by what it did.',
            )}
          </p>
          {create}
        </Empty>
      )}
      {events.length > 0 && (
        <Part title={t('event.list', 'Known events')} aside={create}>
          <EventTable events={events} onOpen={({ id }) => model.setState({ event: id })} />
        </Part>
      )}
      {data && (
        <Part title={t('event.elsewhere', 'Kept elsewhere')}>
          <p>
            {t(
              'event.elsewhere-help',
              'Annotations of this Grafana with the tag amadeus-event are read every minute: the tags event:NAME, workload:NAMESPACE/NAME and ratio:NUMBER say what they are. Those of the configuration stand under forecasting.events.',
            )}
          </p>
        </Part>
      )}
      {data && (open === 'new' || shown) && (
        <EventDrawer
          key={open}
          event={shown}
          onClose={() => model.setState({ event: '' })}
          onChanged={() => {
            model.setState({ event: '' });
            reload();
          }}
        />
      )}
    </PageFrame>
  );
}
