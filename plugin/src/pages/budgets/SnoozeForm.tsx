import type { BudgetView } from '@amadeus/backend/budgets/contract.ts';
import { Field, Modal, RadioButtonGroup } from '@grafana/ui';
import { useState } from 'react';
import { DialogEnd } from '../../components/FormEnd';
import { ReasonField } from '../../components/ReasonField';
import { t } from '../../i18n';
import { act } from '../../service/client';
import { useAction } from '../../service/use-action';

interface Props {
  budget: BudgetView;
  kind: 'snooze' | 'release';
  onClose: () => void;
  onDone: () => void;
}

const dayMs = 86_400_000;

/** Silences the alerts of a budget for a while, or wakes them; both with a reason that everyone can read. */
export function SnoozeForm({ budget, kind, onClose, onDone }: Props) {
  const [days, setDays] = useState(3);
  const [reason, setReason] = useState('');
  const [missing, setMissing] = useState(false);
  const action = useAction(() =>
    act(
      `/api/budgets/${budget.id}/${kind}`,
      kind === 'snooze'
        ? { until: new Date(Date.now() + days * dayMs).toISOString(), reason: reason.trim() }
        : { reason: reason.trim() },
    ),
  );
  const submit = async () => {
    if (reason.trim() === '') setMissing(true);
    else if (await action.run()) onDone();
  };
  const title =
    kind === 'snooze'
      ? t('budget.snooze-title', 'Tell nobody about {{name}} for a while', { name: budget.name })
      : t('budget.release-title', 'Tell people about {{name}} again', { name: budget.name });
  return (
    <Modal title={title} isOpen onDismiss={onClose}>
      {kind === 'snooze' && (
        <Field label={t('budget.snooze-for', 'For')}>
          <RadioButtonGroup
            aria-label={t('budget.snooze-for', 'For')}
            options={[1, 3, 7, 30].map((value) => ({
              value,
              label: t('budget.days', '{{count}} days', { count: value, defaultValue_one: '{{count}} day' }),
            }))}
            value={days}
            onChange={setDays}
          />
        </Field>
      )}
      <ReasonField id="amadeus-budget-reason" value={reason} isMissing={missing} onChange={setReason} />
      <DialogEnd
        action={action}
        label={kind === 'snooze' ? t('budget.snooze', 'Snooze') : t('budget.release', 'Release')}
        onCancel={onClose}
        onPress={() => void submit()}
      />
    </Modal>
  );
}
