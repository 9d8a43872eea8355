import type { BudgetView } from '@amadeus/backend/budgets/contract.ts';
import { ConfirmModal } from '@grafana/ui';
import { FailureNote } from '../../components/States';
import { t } from '../../i18n';
import { send } from '../../service/client';
import { useAction } from '../../service/use-action';

interface Props {
  budget: BudgetView;
  onClose: () => void;
  onDone: () => void;
}

/** Asks before a budget is deleted; its history stays in the audit log. */
export function BudgetRemoval({ budget, onClose, onDone }: Props) {
  const action = useAction(() => send('DELETE', `/api/budgets/${budget.id}`, {}));
  return (
    <ConfirmModal
      isOpen
      title={t('budget.remove-title', 'Delete the budget {{name}}?', { name: budget.name })}
      body={
        action.failure ? (
          <FailureNote failure={action.failure} />
        ) : (
          t('budget.remove-help', 'Nobody is told about it any more. What it told before stays in the audit log.')
        )
      }
      confirmText={t('budget.remove', 'Delete')}
      onDismiss={onClose}
      onConfirm={() => void action.run().then((ok) => ok && onDone())}
    />
  );
}
