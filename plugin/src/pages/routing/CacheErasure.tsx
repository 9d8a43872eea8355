import { ConfirmModal } from '@grafana/ui';
import { FailureNote } from '../../components/States';
import { t } from '../../i18n';
import { send } from '../../service/client';
import { useAction } from '../../service/use-action';

/** Asks before the key is destroyed with which everything that the gateway keeps is encrypted. */
export function CacheErasure({ onClose, onDone }: { onClose: () => void; onDone: () => void }) {
  const action = useAction(() => send('DELETE', '/api/gateway/tenant-key'));
  return (
    <ConfirmModal
      isOpen
      title={t('routing.cache.erase-title', 'Erase every kept answer and prompt?')}
      body={
        action.failure ? (
          <FailureNote failure={action.failure} />
        ) : (
          t(
            'routing.cache.erase-help',
            'The key that they are encrypted with is destroyed: nobody can read them again, not in backups either. What is kept from then on has a new key.',
          )
        )
      }
      confirmationText={t('routing.cache.erase-word', 'erase')}
      confirmText={t('routing.cache.erase', 'Erase everything kept')}
      onDismiss={onClose}
      onConfirm={() =>
        void action.run().then((ok) => {
          if (!ok) return;
          onDone();
          onClose();
        })
      }
    />
  );
}
