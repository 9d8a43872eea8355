import { t } from '../i18n';
import { Button, Stack } from '@grafana/ui';
import { useState } from 'react';
import { ReasonField } from '../components/ReasonField';
import { FailureNote } from '../components/States';
import { act } from '../service/client';
import type { ChangeDetail } from '../service/contract';
import { toFailure, type ServiceFailure } from '../service/failure';
import { useMe } from '../service/MeContext';
import { possibleSteps, type Step } from './change-words';

interface Props {
  change: ChangeDetail;
  onChanged: () => void;
}

/** The decisions that this person can take on the Change, with a reason where one is asked for. */
export function ChangeActions({ change, onChanged }: Props) {
  const { me } = useMe();
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState<Step | undefined>();
  const [missing, setMissing] = useState(false);
  const [failure, setFailure] = useState<ServiceFailure | undefined>();
  const steps = possibleSteps(change, me);

  const take = async (step: Step) => {
    const text = reason.trim();
    if (step !== 'approve' && text === '') {
      setMissing(true);
      return;
    }
    setBusy(step);
    setFailure(undefined);
    try {
      const body = step === 'approve' ? (text === '' ? {} : { comment: text }) : { reason: text };
      await act(`/api/changes/${change.id}/${step}`, body);
      setReason('');
      onChanged();
    } catch (error) {
      setFailure(toFailure(error));
    } finally {
      setBusy(undefined);
    }
  };

  if (steps.length === 0) return <Waiting change={change} />;
  const names: Record<Step, string> = {
    approve: t('change.step.approve', 'Approve'),
    reject: t('change.step.reject', 'Reject'),
    cancel: t('change.step.cancel', 'Withdraw'),
    rollback: t('change.step.rollback', 'Roll back'),
  };
  return (
    <Stack direction="column" gap={1}>
      {!steps.includes('approve') && <Waiting change={change} />}
      <ReasonField
        id="amadeus-change-reason"
        value={reason}
        isMissing={missing}
        onChange={setReason}
        help={t(
          'change.reason-help',
          'Needed to reject, withdraw or roll back; shown to everyone, kept in the audit log.',
        )}
        noMargin
      />
      {failure && <FailureNote failure={failure} what={t('change.step.name', 'This step')} />}
      <Stack direction="row" gap={1} wrap="wrap">
        {steps.map((step) => (
          <Button
            key={step}
            variant={step === 'approve' ? 'primary' : step === 'rollback' ? 'destructive' : 'secondary'}
            disabled={busy !== undefined}
            icon={busy === step ? 'spinner' : undefined}
            onClick={() => void take(step)}
          >
            {names[step]}
          </Button>
        ))}
      </Stack>
    </Stack>
  );
}

/** Why there is nothing to press. */
function Waiting({ change }: { change: ChangeDetail }) {
  const { me } = useMe();
  if (change.state !== 'proposed' || me === undefined) return null;
  if (change.mode === 'observe')
    return (
      <p>
        {t('change.observe', 'This target is only observed: the proposal is kept for the record, nothing is applied.')}
      </p>
    );
  if (change.author.id === me.id)
    return <p>{t('change.own', 'You proposed it, so somebody else has to approve it.')}</p>;
  if (change.approvedBy.some(({ person }) => person.id === me.id))
    return <p>{t('change.second', 'You have approved it. A second person has to as well.')}</p>;
  return <p>{t('change.no-right', 'Somebody with the right to approve Changes has to decide.')}</p>;
}
