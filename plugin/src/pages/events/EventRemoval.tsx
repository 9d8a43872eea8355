import type { EventView } from '@amadeus/backend/forecasting/event-contract.ts';
import { ConfirmModal } from '@grafana/ui';
import { FailureNote } from '../../components/States';
import { t } from '../../i18n';
import { send } from '../../service/client';
import { useAction } from '../../service/use-action';

interface Props {
  event: EventView;
  onClose: () => void;
  onDone: () => void;
}

/** Asks before an event is forgotten. */
export function EventRemoval({ event, onClose, onDone }: Props) {
  const action = useAction(() => send('DELETE', `/api/events/${event.id}`));
  return (
    <ConfirmModal
      isOpen
      title={t('event.remove-title', 'Delete the event {{name}}?', { name: event.name })}
      body={
        action.failure ? (
          <FailureNote failure={action.failure} />
        ) : (
          t(
            'event.remove-help',
            'Nobody prepares for it any more. What was learned from earlier ones of its name stays.',
          )
        )
      }
      confirmText={t('event.remove-confirm', 'Delete')}
      onDismiss={onClose}
      onConfirm={() => void action.run().then((ok) => ok && onDone())}
    />
  );
}
