import { Badge, Button, Stack } from '@grafana/ui';
import { useState } from 'react';
import { Diff } from '../../changes/Diff';
import { stateColor, stateName } from '../../changes/change-words';
import { FailureNote, Skeleton } from '../../components/States';
import { ago, moment } from '../../format/age';
import { t } from '../../i18n';
import type { ChangeDetail } from '../../service/contract';
import { useMe } from '../../service/MeContext';
import { useService } from '../../service/use-service';
import { actText, type Act } from './healing-words';

interface Props {
  act: Act;
  onChange: (id: number) => void;
}

/** One act: what it changes, how it went, the diff and the proof on demand, and the way to undo it. */
export function ActRow({ act, onChange }: Props) {
  const { may } = useMe();
  const [isOpen, setOpen] = useState(false);
  const { changeId, state, at } = act;
  return (
    <li>
      <Stack direction="column" gap={1}>
        <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
          <span style={{ overflowWrap: 'anywhere' }}>{actText(act)}</span>
          {state !== null && <Badge color={stateColor(state)} text={stateName(state)} />}
          <span title={moment(at)}>{ago(at)}</span>
          {changeId !== null && may('changes:read') && (
            <>
              <Button
                size="sm"
                variant="secondary"
                fill="text"
                icon={isOpen ? 'angle-up' : 'angle-down'}
                aria-expanded={isOpen}
                onClick={() => setOpen(!isOpen)}
              >
                {t('healing.diff', 'Diff and proof')}
              </Button>
              <Button size="sm" variant="secondary" onClick={() => onChange(changeId)}>
                {t('healing.change', 'The Change, and undo')}
              </Button>
            </>
          )}
        </Stack>
        {isOpen && changeId !== null && <Proof changeId={changeId} />}
      </Stack>
    </li>
  );
}

function Proof({ changeId }: { changeId: number }) {
  const { data, failure, reload } = useService<ChangeDetail>(`/api/changes/${changeId}`);
  if (failure) return <FailureNote failure={failure} what={t('change.one', 'This Change')} retry={reload} />;
  if (!data) return <Skeleton height={120} />;
  const proof = data.history.findLast(
    ({ from, note }) => note !== undefined && (from === 'verifying' || from === 'rolling_back'),
  );
  return (
    <Stack direction="column" gap={1}>
      {data.preview.diff ? <Diff text={data.preview.diff} /> : <p>{data.preview.summary}</p>}
      <span>
        {proof
          ? t('healing.proof', 'Looked at afterwards, {{when}}: {{note}}', {
              when: ago(proof.at),
              note: proof.note ?? '',
            })
          : t('healing.no-proof', 'It was not looked at yet: that comes some minutes after it was applied.')}
      </span>
      {data.failure && <span role="alert">{data.failure}</span>}
    </Stack>
  );
}
