import type { EventView } from '@amadeus/backend/forecasting/event-contract.ts';
import { Alert, Button, Drawer, Stack } from '@grafana/ui';
import { useState } from 'react';
import { Section } from '../../changes/Section';
import { DataTable, type Column } from '../../components/DataTable';
import { moment } from '../../format/age';
import { t } from '../../i18n';
import { useMe } from '../../service/MeContext';
import { EventForm } from './EventForm';
import { EventRemoval } from './EventRemoval';
import { originName } from './EventTable';

interface Props {
  /** Undefined: a new one. */
  event: EventView | undefined;
  onClose: () => void;
  onChanged: () => void;
}

/** One event: what it is, what earlier ones of its name did, and a form where it can be changed here. */
export function EventDrawer({ event, onClose, onChanged }: Props) {
  const { may } = useMe();
  const [isRemoving, setRemoving] = useState(false);
  const isWritable = may('changes:propose') && (event?.editable ?? true);
  return (
    <Drawer
      title={event?.name ?? t('event.new', 'New event')}
      subtitle={event && `${moment(event.startsAt)} – ${moment(event.endsAt)}`}
      onClose={onClose}
      size="md"
    >
      <Stack direction="column" gap={3}>
        {event && (
          <Section title={t('event.learned', 'What earlier ones of this name did')}>
            <DataTable
              name={t('event.learned', 'What earlier ones of this name did')}
              columns={learnedColumns()}
              rows={event.learned}
              rowKey={({ workload, region }) => `${region}/${workload}`}
              empty={t('event.learned-none', 'Nothing was learned yet: that takes one that is over for an hour.')}
              initialSort={{ id: 'peak', descending: true }}
            />
          </Section>
        )}
        {event && !event.editable && (
          <Alert
            severity="info"
            title={t('event.locked', 'It is kept elsewhere: {{where}}', { where: originName(event.origin) })}
          >
            {t('event.locked-help', 'Change it there; it is taken over within a minute, or with the next start.')}
          </Alert>
        )}
        {event && <p>{event.note}</p>}
        {isWritable && <EventForm event={event} onCancel={onClose} onSaved={onChanged} />}
        {event && isWritable && (
          <Button
            variant="secondary"
            icon="trash-alt"
            style={{ alignSelf: 'flex-start' }}
            onClick={() => setRemoving(true)}
          >
            {t('event.remove', 'Delete the event')}
          </Button>
        )}
        {event && isRemoving && <EventRemoval event={event} onClose={() => setRemoving(false)} onDone={onChanged} />}
      </Stack>
    </Drawer>
  );
}

function learnedColumns(): Array<Column<EventView['learned'][number]>> {
  return [
    { id: 'workload', header: t('event.workload', 'Workload'), value: ({ workload }) => workload },
    {
      id: 'peak',
      header: t('event.peak', 'At most'),
      value: ({ peak }) => peak,
      render: ({ peak }) =>
        t('event.times', '{{factor}} × usual', { factor: peak.toLocaleString('en-US', { maximumFractionDigits: 2 }) }),
      align: 'right',
    },
    {
      id: 'minute',
      header: t('event.peak-minute', 'Minutes after its start'),
      value: ({ peakMinute }) => peakMinute,
      align: 'right',
    },
    { id: 'events', header: t('event.learned-from', 'Learned from'), value: ({ events }) => events, align: 'right' },
    { id: 'region', header: t('event.region', 'Region'), value: ({ region }) => region, hidden: true },
  ];
}
