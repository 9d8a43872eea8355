import { Button, Field, Modal, TextArea } from '@grafana/ui';
import { useState } from 'react';
import { FailureNote } from '../../components/States';
import { t } from '../../i18n';
import { act } from '../../service/client';
import { useAction } from '../../service/use-action';

interface Props {
  title: string;
  help: string;
  /** Of the button that does it. */
  label: string;
  path: string;
  onClose: () => void;
  /** @param changeId of the Change that was made */
  onDone: (changeId?: number) => void;
}

/** Asks why before something is proposed or undone; the reason goes to the audit log. */
export function WhyForm({ title, help, label, path, onClose, onDone }: Props) {
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const action = useAction(async () => {
    const made = await act<{ changeId?: number }>(path, { reason: reason.trim() });
    onDone(made.changeId);
  });
  const isMissing = reason.trim() === '';
  return (
    <Modal isOpen title={title} onDismiss={onClose}>
      <p>{help}</p>
      <Field
        label={t('change.reason', 'Reason')}
        invalid={tried && isMissing}
        error={t('change.reason-missing', 'Say why first')}
        htmlFor="amadeus-policy-reason"
      >
        <TextArea
          id="amadeus-policy-reason"
          rows={2}
          maxLength={2000}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      </Field>
      {action.failure && <FailureNote failure={action.failure} />}
      <Modal.ButtonRow>
        <Button variant="secondary" fill="outline" onClick={onClose}>
          {t('scope.cancel', 'Cancel')}
        </Button>
        <Button
          disabled={action.busy}
          icon={action.busy ? 'spinner' : undefined}
          onClick={() => {
            setTried(true);
            if (!isMissing) void action.run();
          }}
        >
          {label}
        </Button>
      </Modal.ButtonRow>
    </Modal>
  );
}
