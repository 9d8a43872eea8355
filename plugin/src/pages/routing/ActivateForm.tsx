import type { PolicyDetail, VersionSummary } from '@amadeus/backend/routing/contract.ts';
import { Field, Input, Modal, RadioButtonGroup, Stack } from '@grafana/ui';
import { useState } from 'react';
import { DialogEnd } from '../../components/FormEnd';
import { ReasonField } from '../../components/ReasonField';
import { t } from '../../i18n';
import { act } from '../../service/client';
import { useAction } from '../../service/use-action';
import { policyPath } from './policy-path';
import { stepsOf, type Pace } from './rollout-steps';

interface Props {
  policy: PolicyDetail;
  version: VersionSummary;
  onClose: () => void;
  onDone: (changeId?: number) => void;
}

/** Proposes that a version serves: a part first, all at once, or later. Somebody else approves it. */
export function ActivateForm({ policy, version, onClose, onDone }: Props) {
  const [pace, setPace] = useState<Pace>('part');
  const [percent, setPercent] = useState('10');
  const [minutes, setMinutes] = useState('60');
  const [at, setAt] = useState('');
  const [stickyBy, setStickyBy] = useState<'session' | 'key'>('session');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const steps = stepsOf(pace, percent, minutes);
  const action = useAction(async () => {
    const made = await act<{ changeId: number }>(`${policyPath(policy.name)}/activate`, {
      version: version.version,
      steps,
      ...(at === '' ? {} : { at: new Date(at).toISOString() }),
      stickyBy,
      reason: reason.trim(),
    });
    onDone(made.changeId);
  });
  const paceLabel = t('routing.activate.pace', 'How many at first');
  const stickyLabel = t('routing.activate.sticky', 'Stays on one version');
  return (
    <Modal
      isOpen
      title={t('routing.activate.title', 'Let {{version}} of {{name}} serve', {
        version: version.version,
        name: policy.name,
      })}
      onDismiss={onClose}
    >
      <Field label={paceLabel}>
        <RadioButtonGroup
          aria-label={paceLabel}
          options={[
            { value: 'part' as const, label: t('routing.activate.part', 'A part, then all') },
            { value: 'hold' as const, label: t('routing.activate.hold', 'A part, until I say more') },
            { value: 'all' as const, label: t('routing.activate.all', 'All at once') },
          ]}
          value={pace}
          onChange={setPace}
        />
      </Field>
      {pace !== 'all' && (
        <Stack direction="row" gap={2} wrap="wrap">
          <Field
            label={t('routing.activate.percent', 'Part in percent')}
            invalid={steps === undefined}
            error={t('routing.activate.problem', 'Above 0 and below 100')}
            htmlFor="amadeus-policy-percent"
          >
            <Input
              id="amadeus-policy-percent"
              inputMode="decimal"
              width={12}
              value={percent}
              onChange={(event) => setPercent(event.currentTarget.value)}
            />
          </Field>
          {pace === 'part' && (
            <Field
              label={t('routing.activate.minutes', 'Minutes until all')}
              invalid={steps === undefined}
              error={t('routing.activate.problem-minutes', 'A whole number from 1')}
              htmlFor="amadeus-policy-minutes"
            >
              <Input
                id="amadeus-policy-minutes"
                inputMode="numeric"
                width={12}
                value={minutes}
                onChange={(event) => setMinutes(event.currentTarget.value)}
              />
            </Field>
          )}
          <Field
            label={stickyLabel}
            description={t('routing.activate.sticky-help', 'So that one conversation is not answered by two.')}
          >
            <RadioButtonGroup
              aria-label={stickyLabel}
              options={[
                { value: 'session' as const, label: t('routing.session', 'Session') },
                { value: 'key' as const, label: t('routing.dim.key', 'Key') },
              ]}
              value={stickyBy}
              onChange={setStickyBy}
            />
          </Field>
        </Stack>
      )}
      <Field
        label={t('routing.activate.at', 'Begins')}
        description={t('routing.activate.at-help', 'Empty: as soon as it is approved.')}
        htmlFor="amadeus-policy-at"
      >
        <Input
          id="amadeus-policy-at"
          type="datetime-local"
          width={30}
          value={at}
          onChange={(event) => setAt(event.currentTarget.value)}
        />
      </Field>
      <ReasonField id="amadeus-policy-reason" value={reason} isMissing={tried} onChange={setReason} />
      <DialogEnd
        action={action}
        label={t('routing.policy.propose', 'Propose')}
        disabled={steps === undefined}
        onCancel={onClose}
        onPress={() => {
          setTried(true);
          if (reason.trim() !== '') void action.run();
        }}
      />
    </Modal>
  );
}
