import type { GatewayKey } from '@amadeus/backend/gateway/contract.ts';
import { ConfirmModal } from '@grafana/ui';
import { FailureNote } from '../../components/States';
import { t } from '../../i18n';
import { send } from '../../service/client';
import { useAction } from '../../service/use-action';

interface Props {
  of: GatewayKey;
  onClose: () => void;
  onDone: () => void;
}

/** Asks before a key is taken back: applications that use it are refused within seconds. */
export function KeyRevocation({ of, onClose, onDone }: Props) {
  const action = useAction(() => send('DELETE', `/api/gateway/keys/${of.id}`, {}));
  return (
    <ConfirmModal
      isOpen
      title={t('routing.key.revoke-title', 'Revoke the key {{name}}?', { name: of.name })}
      body={
        action.failure ? (
          <FailureNote failure={action.failure} />
        ) : (
          t(
            'routing.key.revoke-help',
            'Gateways refuse it within two seconds; requests in progress end by themselves. It cannot be brought back.',
          )
        )
      }
      confirmText={t('routing.key.revoke', 'Revoke')}
      onDismiss={onClose}
      onConfirm={() => void action.run().then((ok) => ok && onDone())}
    />
  );
}
