import { Modal } from '@grafana/ui';
import { useState } from 'react';
import { DialogEnd } from '../../components/FormEnd';
import { ReasonField } from '../../components/ReasonField';
import { t } from '../../i18n';
import { act } from '../../service/client';
import { useAction } from '../../service/use-action';
import { forecasterName } from './forecaster-words';

interface Props {
  workload: string;
  /** null: the evidence decides again. */
  forecaster: string | null;
  onClose: () => void;
  /** With the Change that was proposed. */
  onProposed: (changeId: number) => void;
}

/** Proposes who foresees a workload; what comes of it is a Change. */
export function PinForm({ workload, forecaster, onClose, onProposed }: Props) {
  const [reason, setReason] = useState('');
  const [isMissing, setMissing] = useState(false);
  const propose = useAction(async () => {
    const path = `/api/traffic/${encodeURIComponent(workload)}/pin`;
    const { changeId } = await act<{ changeId: number }>(path, { forecaster, reason: reason.trim() });
    onProposed(changeId);
  });
  const submit = () => {
    if (reason.trim() === '') setMissing(true);
    else void propose.run();
  };
  return (
    <Modal
      isOpen
      title={
        forecaster === null
          ? t('model.unpin-title', 'Let the evidence choose the forecaster of {{workload}}', { workload })
          : t('model.pin-title', 'Pin {{workload}} to "{{name}}"', { workload, name: forecasterName(forecaster) })
      }
      onDismiss={onClose}
    >
      <p>
        {t(
          'model.pin-help',
          'Graphs, alerts and scaling of this workload use its forecasts from then on. It becomes a Change that can be undone.',
        )}
      </p>
      <ReasonField id="amadeus-pin-reason" value={reason} isMissing={isMissing} onChange={setReason} />
      <DialogEnd action={propose} label={t('model.propose', 'Propose')} onCancel={onClose} onPress={submit} />
    </Modal>
  );
}
