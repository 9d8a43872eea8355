import type { PolicySummary } from '@amadeus/backend/routing/contract.ts';
import {
  SceneObjectBase,
  SceneObjectUrlSyncConfig,
  type SceneComponentProps,
  type SceneObjectState,
  type SceneObjectUrlValues,
} from '@grafana/scenes';
import { Button } from '@grafana/ui';
import { useState } from 'react';
import { ChangeDrawer } from '../../changes/ChangeDrawer';
import { PendingChanges } from '../../changes/PendingChanges';
import { Empty, FailureNote, Skeleton } from '../../components/States';
import { TopSentence } from '../../components/TopSentence';
import { formatShare } from '../../format/money';
import { t } from '../../i18n';
import { useMe } from '../../service/MeContext';
import { useService } from '../../service/use-service';
import { PageFrame, Part } from '../PageFrame';
import { PolicyEditor } from './PolicyEditor';
import { PolicyPart } from './PolicyPart';
import { PolicyTable } from './PolicyTable';

interface PoliciesState extends SceneObjectState {
  /** Name of the policy that is looked at; empty: the first. */
  policy: string;
  /** The Change whose drawer is open. */
  change?: number;
  /** A new policy is being written. */
  isDrafting: boolean;
}

/** What decides where a request goes, and what would this change do? */
export class PoliciesBody extends SceneObjectBase<PoliciesState> {
  static Component = PoliciesPage;
  protected override _urlSync = new SceneObjectUrlSyncConfig(this, { keys: ['policy', 'change', 'draft'] });

  constructor() {
    super({ policy: '', isDrafting: false });
  }

  getUrlState(): SceneObjectUrlValues {
    const { policy, change, isDrafting } = this.state;
    return {
      policy: policy || undefined,
      change: change === undefined ? undefined : String(change),
      draft: isDrafting ? 'new' : undefined,
    };
  }

  updateFromUrl({ policy, change, draft }: SceneObjectUrlValues) {
    const id = Number(change);
    this.setState({
      policy: typeof policy === 'string' ? policy : '',
      change: Number.isSafeInteger(id) && id > 0 ? id : undefined,
      isDrafting: draft === 'new',
    });
  }
}

function PoliciesPage({ model }: SceneComponentProps<PoliciesBody>) {
  const { policy: chosen, change, isDrafting } = model.useState();
  const { may } = useMe();
  const [turns, setTurns] = useState(0);
  const { data, failure, reload } = useService<{ policies: PolicySummary[] }>('/api/routing/policies', {}, turns);
  const policies = data?.policies ?? [];
  const shown = policies.find(({ name }) => name === chosen) ?? policies[0];
  const changed = () => setTurns((count) => count + 1);
  const made = (name: string) => {
    model.setState({ policy: name });
    changed();
  };
  const openChange = (id: number) => model.setState({ change: id });
  const create = may('gateway:write') && (
    <Button icon="plus" onClick={() => model.setState({ isDrafting: true })}>
      {t('routing.policy.new', 'New policy')}
    </Button>
  );
  return (
    <PageFrame>
      {failure && <FailureNote failure={failure} what={t('routing.policy.list', 'Policies')} retry={reload} />}
      {!data && !failure && <Skeleton height={240} />}
      {data && <TopSentence>{sentence(policies, shown)}</TopSentence>}
      <PendingChanges kinds={['routing-policy']} refreshKey={turns} onOpen={openChange} />
      {data && policies.length === 0 && (
        <Empty message={t('routing.policy.none', 'There is no policy yet')}>
          <p>
            {t(
              'routing.policy.none-help',
              'A policy says which requests it is for, which models may answer them, and what happens when one fails. Without any, the gateway answers nothing.',
            )}
          </p>
          {create}
        </Empty>
      )}
      {policies.length > 0 && (
        <Part title={t('routing.policy.list', 'Policies')} aside={create}>
          <PolicyTable
            policies={policies}
            chosen={shown?.name}
            onOpen={({ name }) => model.setState({ policy: name })}
          />
        </Part>
      )}
      {shown && (
        <PolicyPart
          key={shown.name}
          name={shown.name}
          turns={turns}
          onChanged={changed}
          onChange={openChange}
          onMade={made}
        />
      )}
      {isDrafting && may('gateway:write') && (
        <PolicyEditor
          onClose={() => model.setState({ isDrafting: false })}
          onSaved={(name) => {
            model.setState({ isDrafting: false });
            made(name);
          }}
        />
      )}
      {change !== undefined && (
        <ChangeDrawer id={change} onClose={() => model.setState({ change: undefined })} onChanged={changed} />
      )}
    </PageFrame>
  );
}

function sentence(policies: readonly PolicySummary[], shown: PolicySummary | undefined): string {
  const isMoving = (policy: PolicySummary | undefined) => policy?.state === 'rolling-out';
  const moving = isMoving(shown) ? shown : policies.find(isMoving);
  if (moving)
    return t(
      'routing.policy.said-moving',
      '{{name}} gives {{share}} of its requests to {{version}}; the rest stay on {{stable}}.',
      {
        name: moving.name,
        share: formatShare(moving.rollout?.share ?? 0, 0),
        version: moving.rollout?.candidate ?? '',
        stable: moving.rollout?.stable ?? t('routing.policy.behind', 'the policies behind it'),
      },
    );
  const serving = policies.filter(({ state }) => state === 'active').length;
  const drafts = policies.filter(({ hasDraft }) => hasDraft).length;
  return t('routing.policy.said', '{{serving}} policies decide about requests; {{drafts}} have a draft.', {
    serving,
    drafts,
  });
}
