import type { ExperimentView } from '@amadeus/backend/experiments/contract.ts';
import type { PolicyDetail, PolicySummary } from '@amadeus/backend/routing/contract.ts';
import { Alert, Drawer, Field, Input, RadioButtonGroup, Stack } from '@grafana/ui';
import { useState } from 'react';
import { Choice } from '../../components/Choice';
import { FormEnd } from '../../components/FormEnd';
import { FailureNote } from '../../components/States';
import { t } from '../../i18n';
import { act } from '../../service/client';
import { useAction } from '../../service/use-action';
import { useService } from '../../service/use-service';
import { kindName } from './ExperimentTable';
import { policyPath } from './policy-path';

const methods = ['none', 'exact', 'similarity', 'embedding', 'judge', 'thumbs'] as const;
type Method = (typeof methods)[number];

/** Sets an experiment up. It begins when it is proposed and approved. */
export function ExperimentForm({ onClose, onMade }: { onClose: () => void; onMade: (id: string) => void }) {
  const policies = useService<{ policies: PolicySummary[] }>('/api/routing/policies');
  const [name, setName] = useState('');
  const [kind, setKind] = useState<ExperimentView['kind']>('shadow');
  const [policy, setPolicy] = useState('');
  const [other, setOther] = useState('');
  const [version, setVersion] = useState('');
  const [percent, setPercent] = useState('10');
  const [budget, setBudget] = useState('10');
  const [currency, setCurrency] = useState('USD');
  const [method, setMethod] = useState<Method>('similarity');
  const [judge, setJudge] = useState({ provider: '', model: '' });
  const from = other || policy;
  const detail = useService<PolicyDetail>(from === '' ? undefined : policyPath(from));
  const share = Number(percent) / 100;
  const asksModel = method === 'judge' || method === 'embedding';
  const isFit =
    name.trim() !== '' &&
    policy !== '' &&
    version !== '' &&
    share > 0 &&
    share <= 1 &&
    /^\d{1,9}(\.\d{1,12})?$/.test(budget) &&
    /^[A-Z]{3}$/.test(currency) &&
    (!asksModel || (judge.provider !== '' && judge.model !== ''));
  const save = useAction(async () => {
    const made = await act<ExperimentView>('/api/experiments', {
      name: name.trim(),
      kind,
      policy,
      b: { version, ...(other === '' || other === policy ? {} : { policy: other }) },
      budget,
      currency,
      settings: {
        sampleShare: Number(share.toFixed(6)),
        quality: { method, margin: 0.02, ...(asksModel ? { route: judge } : {}) },
      },
    });
    onMade(made.id);
  });
  const names = (policies.data?.policies ?? []).map((one) => ({ value: one.name }));
  const kindLabel = t('routing.experiment.kind', 'Kind');
  const policyLabel = t('routing.experiment.a', 'Policy whose requests are looked at (A is what serves)');
  const otherLabel = t('routing.experiment.b-policy', 'B is a version of');
  const versionLabel = t('routing.experiment.b-version', 'Version of B');
  const methodLabel = t('routing.experiment.quality', 'How quality is told');
  const text = (id: string, label: string, value: string, set: (text: string) => void, width?: number) => (
    <Field label={label} htmlFor={`amadeus-experiment-${id}`}>
      <Input
        id={`amadeus-experiment-${id}`}
        {...(width === undefined ? {} : { width })}
        maxLength={200}
        value={value}
        onChange={(event) => set(event.currentTarget.value)}
      />
    </Field>
  );
  return (
    <Drawer title={t('routing.experiment.new', 'New experiment')} onClose={onClose} size="md">
      {text('name', t('routing.experiment.question', 'What is to be found out'), name, setName)}
      <Field label={kindLabel}>
        <RadioButtonGroup
          aria-label={kindLabel}
          options={(['shadow', 'ab'] as const).map((value) => ({ value, label: kindName(value) }))}
          value={kind}
          onChange={setKind}
        />
      </Field>
      <Field label={policyLabel}>
        <Choice
          name={policyLabel}
          value={policy === '' ? null : policy}
          options={names}
          onChange={({ value }) => {
            setPolicy(value);
            setVersion('');
          }}
        />
      </Field>
      <Field label={otherLabel}>
        <Choice
          name={otherLabel}
          value={from === '' ? null : from}
          options={names}
          onChange={({ value }) => {
            setOther(value);
            setVersion('');
          }}
        />
      </Field>
      <Field label={versionLabel}>
        <Choice
          name={versionLabel}
          value={version === '' ? null : version}
          options={(detail.data?.versions ?? []).map((one) => ({ value: one.version, description: one.notes }))}
          onChange={({ value }) => setVersion(value)}
        />
      </Field>
      <Stack direction="row" gap={2} wrap="wrap">
        {text('share', t('routing.activate.percent', 'Part in percent'), percent, setPercent, 12)}
        {text('budget', t('routing.experiment.budget', 'Budget of its own'), budget, setBudget, 14)}
        {text('currency', t('scope.currency', 'Currency'), currency, (value) => setCurrency(value.toUpperCase()), 8)}
      </Stack>
      <Field label={methodLabel}>
        <Choice
          name={methodLabel}
          value={method}
          options={methods.map((value) => ({ value, label: methodName(value) }))}
          onChange={({ value }) => setMethod(value)}
        />
      </Field>
      {asksModel && (
        <Stack direction="row" gap={2} wrap="wrap">
          {text('provider', t('routing.dim.provider', 'Provider'), judge.provider, (provider) =>
            setJudge((old) => ({ ...old, provider })),
          )}
          {text('model', t('routing.dim.model', 'Model'), judge.model, (model) =>
            setJudge((old) => ({ ...old, model })),
          )}
        </Stack>
      )}
      {kind === 'shadow' && (
        <Alert
          severity="info"
          title={t(
            'routing.experiment.copies',
            'Copies are paid from its budget, never by the callers, and callers wait for none of them.',
          )}
        />
      )}
      {policies.failure && (
        <FailureNote failure={policies.failure} what={t('routing.policy.list', 'Policies')} retry={policies.reload} />
      )}
      <FormEnd
        action={save}
        label={t('routing.experiment.make', 'Set it up')}
        disabled={!isFit}
        onPress={() => void save.run()}
        onCancel={onClose}
      />
    </Drawer>
  );
}

function methodName(method: Method): string {
  const texts: Record<Method, string> = {
    none: t('routing.experiment.by-none', 'Not at all: cost and time alone'),
    exact: t('routing.experiment.by-exact', 'B says exactly what A says'),
    similarity: t('routing.experiment.by-words', 'B says it in like words'),
    embedding: t('routing.experiment.by-embedding', 'Distance of embeddings'),
    judge: t('routing.experiment.by-judge', 'A model judges both, blind'),
    thumbs: t('routing.experiment.by-thumbs', 'Thumbs of people'),
  };
  return texts[method];
}
