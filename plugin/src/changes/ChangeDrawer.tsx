import { t } from '../i18n';
import { Badge, Drawer, Stack } from '@grafana/ui';
import { useEffect, useRef } from 'react';
import { FailureNote, Skeleton } from '../components/States';
import { ago, moment } from '../format/age';
import { formatMoney } from '../format/money';
import type { ChangeDetail } from '../service/contract';
import { useService } from '../service/use-service';
import { ChangeActions } from './ChangeActions';
import { ChangeComments } from './ChangeComments';
import { Diff } from './Diff';
import { Section } from './Section';
import { isUnderWay, stateColor, stateName } from './change-words';

interface Props {
  id: number;
  onClose: () => void;
  /** Something was decided here; lists should load again. */
  onChanged: () => void;
}

/** One Change: what it would do, what it costs and risks, who decided what, and what can be done now. */
export function ChangeDrawer({ id, onClose, onChanged }: Props) {
  const { data, failure, reload } = useService<ChangeDetail>(`/api/changes/${id}`);
  const changed = () => {
    reload();
    onChanged();
  };
  useFollowed(data, reload, onChanged);
  return (
    <Drawer
      title={data?.summary ?? t('change.title', 'Change {{id}}', { id })}
      subtitle={data && `${data.kind} · ${data.target}`}
      onClose={onClose}
      size="md"
    >
      {failure && <FailureNote failure={failure} what={t('change.one', 'This Change')} retry={reload} />}
      {!data && !failure && <Skeleton height={320} />}
      {data && <ChangeBody change={data} onChanged={changed} />}
    </Drawer>
  );
}

const lookAfterMs = 2_000;

/** Looks again a while after each answer while the Change goes on by itself, and tells when it has come to something. */
function useFollowed(change: ChangeDetail | undefined, look: () => void, onSettled: () => void) {
  const tell = useRef(onSettled);
  tell.current = onSettled;
  const wentOn = useRef(false);
  useEffect(() => {
    const goesOn = change !== undefined && isUnderWay(change.state);
    if (wentOn.current && !goesOn) tell.current();
    wentOn.current = goesOn;
    if (!goesOn) return;
    const timer = setTimeout(look, lookAfterMs);
    return () => clearTimeout(timer);
  }, [change, look]);
}

function ChangeBody({ change, onChanged }: { change: ChangeDetail; onChanged: () => void }) {
  const { preview, approvedBy, history } = change;
  return (
    <Stack direction="column" gap={3}>
      <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
        <Badge color={stateColor(change.state)} text={stateName(change.state)} />
        {change.state === 'proposed' && (
          <span>
            {t('change.approvals', '{{given}} of {{needed}} approvals; expires {{expiry}}', {
              given: change.approvals,
              needed: change.approvalsNeeded,
              expiry: ago(change.expiresAt),
            })}
          </span>
        )}
      </Stack>
      <Section title={t('change.why', 'Why')}>
        <p>{change.reason}</p>
        <p>
          {t('change.by', 'Proposed by {{name}}, {{when}}', { name: change.author.name, when: ago(change.createdAt) })}
        </p>
        {change.failure && <p role="alert">{change.failure}</p>}
      </Section>
      <Section title={t('change.preview', 'What it would do')}>
        <p>{preview.summary}</p>
        <Impact change={change} />
        {preview.diff && <Diff text={preview.diff} />}
      </Section>
      <ChangeActions change={change} onChanged={onChanged} />
      {approvedBy.length > 0 && (
        <Section title={t('change.approved-by', 'Approved by')}>
          <ul>
            {approvedBy.map(({ person, at, comment }) => (
              <li key={person.id}>
                {person.name}, <span title={moment(at)}>{ago(at)}</span>
                {comment && `: ${comment}`}
              </li>
            ))}
          </ul>
        </Section>
      )}
      <ChangeComments change={change} onChanged={onChanged} />
      <Section title={t('change.history', 'History')}>
        <ol>
          {history.map((step, index) => (
            <li key={index}>
              <span title={moment(step.at)}>{ago(step.at)}</span>: {stateName(step.to)} · {step.actor.name}
              {step.note && `: ${step.note}`}
            </li>
          ))}
        </ol>
      </Section>
    </Stack>
  );
}

function Impact({ change }: { change: ChangeDetail }) {
  const impact = change.preview.impact;
  if (impact === undefined) return null;
  const risks = {
    low: t('change.risk.low', 'Low risk'),
    medium: t('change.risk.medium', 'Medium risk'),
    high: t('change.risk.high', 'High risk'),
  };
  const { money, risk, text } = impact;
  return (
    <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
      {money && (
        <Badge
          color={money.amount.startsWith('-') ? 'green' : 'orange'}
          text={`${formatMoney(money.amount, money.currency)}${money.period ? ` / ${money.period}` : ''}`}
        />
      )}
      {risk && <Badge color={risk === 'high' ? 'red' : risk === 'medium' ? 'orange' : 'green'} text={risks[risk]} />}
      {text && <span>{text}</span>}
    </Stack>
  );
}
