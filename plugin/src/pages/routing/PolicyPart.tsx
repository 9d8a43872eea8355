import type { PolicyDetail, VersionSummary } from '@amadeus/backend/routing/contract.ts';
import { Alert, Badge, Button, Stack } from '@grafana/ui';
import { useState } from 'react';
import { Diff } from '../../changes/Diff';
import { FailureNote, Skeleton } from '../../components/States';
import { clock, moment } from '../../format/age';
import { formatShare } from '../../format/money';
import { t } from '../../i18n';
import { act, send } from '../../service/client';
import { useMe } from '../../service/MeContext';
import { useAction } from '../../service/use-action';
import { useService } from '../../service/use-service';
import { Part } from '../PageFrame';
import { ActivateForm } from './ActivateForm';
import { CachePart } from './CachePart';
import { PolicyEditor } from './PolicyEditor';
import { PolicyPreview } from './PolicyPreview';
import { PolicyVersions } from './PolicyVersions';
import { RolloutPart } from './RolloutPart';
import { policyPath } from './policy-path';
import { policyColor, policyState } from './policy-words';
import { WhyForm } from './WhyForm';

interface Props {
  name: string;
  turns: number;
  onChanged: () => void;
  onChange: (id: number) => void;
  /** Another policy was begun from this one. */
  onMade: (name: string) => void;
}

/** One policy: what serves, the draft with what it would do, the versions, and what can be done. */
export function PolicyPart({ name, turns, ...then }: Props) {
  const { data, failure, reload } = useService<PolicyDetail>(policyPath(name), {}, turns);
  if (failure) return <FailureNote failure={failure} what={name} retry={reload} />;
  if (!data) return <Skeleton height={280} />;
  return <PolicyBody policy={data} turns={turns} {...then} />;
}

interface BodyProps extends Pick<Props, 'turns' | 'onChanged' | 'onChange' | 'onMade'> {
  policy: PolicyDetail;
}

type Open =
  | { kind: 'edit' }
  | { kind: 'copy' }
  | { kind: 'activate'; version: VersionSummary }
  | { kind: 'withdraw' }
  | undefined;

function PolicyBody({ policy, turns, onChanged, onChange, onMade }: BodyProps) {
  const { name, draft, origin, mayEdit, rollout, state } = policy;
  const { may } = useMe();
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const done = (id?: number) => {
    close();
    onChanged();
    if (id !== undefined) onChange(id);
  };
  const serves = rollout !== undefined && origin === 'api';
  // One press, for when it is urgent: whoever wants to say more does so at the Change, which opens.
  const rollBack = useAction(async () => {
    const reason = t('routing.policy.roll-back-reason', 'Rolled back with one press on the page of the policy.');
    done((await act<{ changeId: number }>(`${policyPath(name)}/rollback`, { reason })).changeId);
  });
  return (
    <>
      <Part
        title={name}
        aside={
          <Stack direction="row" gap={1} wrap="wrap">
            {mayEdit && origin === 'api' && !draft && (
              <Button size="sm" variant="secondary" icon="pen" onClick={() => setOpen({ kind: 'edit' })}>
                {t('routing.policy.draft', 'Draft a change')}
              </Button>
            )}
            {origin === 'file' && may('gateway:write') && (
              <Button size="sm" variant="secondary" icon="copy" onClick={() => setOpen({ kind: 'copy' })}>
                {t('routing.policy.copy', 'Draft one like it')}
              </Button>
            )}
            {serves && may('changes:apply') && (
              <Button
                size="sm"
                variant="destructive"
                icon={rollBack.busy ? 'spinner' : 'history'}
                disabled={rollBack.busy}
                tooltip={t(
                  'routing.policy.roll-back-help',
                  'At once, without asking: everybody has what was stable before. Gateways follow within two seconds; requests in progress end as they began.',
                )}
                onClick={() => void rollBack.run()}
              >
                {t('routing.policy.roll-back', 'Roll back')}
              </Button>
            )}
            {serves && may('changes:propose') && state !== 'inactive' && (
              <Button size="sm" variant="secondary" fill="outline" onClick={() => setOpen({ kind: 'withdraw' })}>
                {t('routing.policy.withdraw', 'Let it serve nobody')}
              </Button>
            )}
          </Stack>
        }
      >
        {rollBack.failure && (
          <FailureNote failure={rollBack.failure} what={t('routing.policy.roll-back', 'Roll back')} />
        )}
        <Standing policy={policy} onChange={onChange} />
      </Part>
      {origin === 'api' && <RolloutPart policy={policy} onChanged={onChanged} onChange={onChange} />}
      {draft && <DraftPart policy={policy} onDone={() => done()} onEdit={() => setOpen({ kind: 'edit' })} />}
      <PolicyPreview policy={policy} />
      <PolicyVersions
        policy={policy}
        onActivate={
          may('changes:propose') && origin === 'api' ? (version) => setOpen({ kind: 'activate', version }) : undefined
        }
      />
      {policy.content.cache && <PolicyCache policy={name} turns={turns} />}
      {open?.kind === 'edit' && <PolicyEditor of={policy} onClose={close} onSaved={() => done()} />}
      {open?.kind === 'copy' && <PolicyEditor like={policy.content} onClose={close} onSaved={onMade} />}
      {open?.kind === 'activate' && (
        <ActivateForm policy={policy} version={open.version} onClose={close} onDone={done} />
      )}
      {open?.kind === 'withdraw' && (
        <WhyForm
          title={t('routing.policy.withdraw-title', 'Propose that {{name}} serves nobody?', { name })}
          help={t(
            'routing.policy.withdraw-help',
            'Its versions stay. The policies behind it decide about its requests.',
          )}
          label={t('routing.policy.propose', 'Propose')}
          path={`${policyPath(name)}/withdraw`}
          onClose={close}
          onDone={done}
        />
      )}
    </>
  );
}

const dayMs = 86_400_000;

/** What its caches answered in the last day. */
function PolicyCache({ policy, turns }: { policy: string; turns: number }) {
  const [now] = useState(() => Date.now());
  const at = (ms: number) => new Date(ms).toISOString();
  return <CachePart from={at(now - dayMs)} to={at(now)} refreshKey={turns} policy={policy} />;
}

/** What serves now, and what comes. */
function Standing({ policy, onChange }: { policy: PolicyDetail; onChange: (id: number) => void }) {
  const { rollout, openChange, origin } = policy;
  return (
    <Stack direction="column" gap={1}>
      <Stack direction="row" gap={1} wrap="wrap" alignItems="center">
        <Badge color={policyColor(policy.state)} text={policyState(policy)} />
        {rollout?.stable && (
          <span>{t('routing.policy.stable', 'Stable: {{version}}', { version: rollout.stable })}</span>
        )}
        {rollout?.candidate && (
          <span>
            {t('routing.policy.candidate', '{{version}} gets {{share}}', {
              version: rollout.candidate,
              share: formatShare(rollout.share, 0),
            })}
          </span>
        )}
        {rollout?.candidate &&
          rollout.steps
            .filter(({ at }) => Date.parse(at) > Date.now())
            .map(({ at, share }) => (
              <Badge
                key={at}
                color="blue"
                icon="clock-nine"
                tooltip={moment(at)}
                text={t('routing.policy.step', '{{share}} at {{when}}', {
                  share: formatShare(share, 0),
                  when: clock(at),
                })}
              />
            ))}
        {rollout && (
          <Button size="sm" fill="text" onClick={() => onChange(rollout.changeId)}>
            {t('routing.policy.who', 'Who approved it')}
          </Button>
        )}
      </Stack>
      {openChange !== undefined && (
        <Alert severity="info" title={t('routing.policy.open-change', 'A Change of this policy waits for approval')}>
          <Button size="sm" onClick={() => onChange(openChange)}>
            {t('routing.policy.decide', 'Look at it and decide')}
          </Button>
        </Alert>
      )}
      {origin === 'file' && (
        <p>
          {t(
            'routing.policy.file-help',
            'It stands in the configuration of the service and is changed there. A policy that is made here and fits the same requests comes before it.',
          )}
        </p>
      )}
    </Stack>
  );
}

function DraftPart({ policy, onDone, onEdit }: { policy: PolicyDetail; onDone: () => void; onEdit: () => void }) {
  const { name, draft, mayEdit, version } = policy;
  const diff = useService<{ diff: string }>(
    version === undefined ? undefined : `${policyPath(name)}/diff`,
    { from: version, to: 'draft' },
    draft?.revision,
  );
  const publish = useAction(() => act(`${policyPath(name)}/versions`, { revision: draft?.revision ?? 0 }));
  const discard = useAction(() => send('DELETE', `${policyPath(name)}/draft`));
  if (!draft) return null;
  const busy = publish.busy || discard.busy;
  const isFit = draft.problems.length === 0;
  return (
    <Part
      title={t('routing.policy.the-draft', 'The draft')}
      aside={
        mayEdit && (
          <Stack direction="row" gap={1} wrap="wrap">
            <Button
              size="sm"
              disabled={busy || !isFit}
              icon={publish.busy ? 'spinner' : 'upload'}
              onClick={() => void publish.run().then((ok) => ok && onDone())}
            >
              {t('routing.policy.publish', 'Publish as a version')}
            </Button>
            <Button size="sm" variant="secondary" icon="pen" onClick={onEdit}>
              {t('routing.policy.edit-draft', 'Edit the draft')}
            </Button>
            <Button
              size="sm"
              variant="secondary"
              fill="outline"
              disabled={busy}
              onClick={() => void discard.run().then((ok) => ok && onDone())}
            >
              {t('routing.policy.discard', 'Throw it away')}
            </Button>
          </Stack>
        )
      }
    >
      <p>
        {t('routing.policy.draft-by', '{{name}}, {{when}}', { name: draft.author.name, when: moment(draft.updatedAt) })}
        {draft.notes !== '' && `: ${draft.notes}`}
      </p>
      {!isFit && (
        <Alert severity="warning" title={t('routing.policy.problems', 'It cannot be published yet')}>
          <ul>
            {draft.problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </Alert>
      )}
      {diff.data && diff.data.diff !== '' && <Diff text={diff.data.diff} />}
      {diff.data?.diff === '' && <p>{t('routing.policy.same', 'It is the same as the version that serves.')}</p>}
      {publish.failure && <FailureNote failure={publish.failure} />}
      {discard.failure && <FailureNote failure={discard.failure} />}
    </Part>
  );
}
