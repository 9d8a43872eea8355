import { Modal } from '@grafana/ui';
import { useState } from 'react';
import { DialogEnd } from '../../components/FormEnd';
import { ReasonField } from '../../components/ReasonField';
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
  return (
    <Modal isOpen title={title} onDismiss={onClose}>
      <p>{help}</p>
      <ReasonField id="amadeus-policy-reason" value={reason} isMissing={tried} onChange={setReason} />
      <DialogEnd
        action={action}
        label={label}
        onCancel={onClose}
        onPress={() => {
          setTried(true);
          if (reason.trim() !== '') void action.run();
        }}
      />
    </Modal>
  );
}
