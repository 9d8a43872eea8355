import type { HealingSettings } from '@amadeus/backend/healing/contract.ts';
import { Field, Input, Modal, RadioButtonGroup } from '@grafana/ui';
import { useState } from 'react';
import { DialogEnd } from '../../components/FormEnd';
import { t } from '../../i18n';
import { send } from '../../service/client';
import { useAction } from '../../service/use-action';

type Mode = HealingSettings['mode'];

interface Props {
  /** Empty: a new pattern is to be written. */
  target: string;
  mode: Mode | undefined;
  onClose: () => void;
  onSaved: () => void;
}

const pattern = /^[A-Za-z0-9*._/-]{1,300}$/;

export function modeName(mode: Mode): string {
  const names = {
    observe: t('healing.observe', 'Only observe'),
    approve: t('healing.approve', 'Ask first'),
    auto: t('healing.auto', 'Act'),
  };
  return names[mode];
}

/** Gives workloads a mode. */
export function ModeForm({ target: given, mode: present = 'observe', onClose, onSaved }: Props) {
  const [target, setTarget] = useState(given);
  const [mode, setMode] = useState<Mode>(present);
  const [tried, setTried] = useState(false);
  const save = useAction(() => send('PUT', '/api/healing/settings', { target: target.trim(), mode }));
  const submit = async () => {
    setTried(true);
    if (pattern.test(target.trim()) && (await save.run())) onSaved();
  };
  const label = t('healing.mode', 'Mode');
  return (
    <Modal isOpen title={t('healing.mode-title', 'How far may it go?')} onDismiss={onClose}>
      <Field
        label={t('healing.pattern', 'Pattern')}
        description={t('healing.pattern-help', 'cluster/namespace/name; * stands for anything, e.g. seoul/shop/*')}
        invalid={tried && !pattern.test(target.trim())}
        error={t('healing.pattern-wrong', 'Letters, digits, and . _ - / * only')}
        htmlFor="amadeus-healing-target"
      >
        <Input
          id="amadeus-healing-target"
          value={target}
          maxLength={300}
          onChange={(event) => setTarget(event.currentTarget.value)}
        />
      </Field>
      <Field
        label={label}
        description={t(
          'healing.mode-help',
          'Only observe: it is said what would be done. Ask first: a person approves. Act: at once, looked at afterwards.',
        )}
      >
        <RadioButtonGroup
          aria-label={label}
          options={(['observe', 'approve', 'auto'] as const).map((value) => ({ value, label: modeName(value) }))}
          value={mode}
          onChange={setMode}
        />
      </Field>
      <DialogEnd action={save} label={t('healing.save', 'Save')} onCancel={onClose} onPress={() => void submit()} />
    </Modal>
  );
}
