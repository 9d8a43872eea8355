import type { GatewayKey } from '@amadeus/backend/gateway/contract.ts';
import { Alert, Button, ClipboardButton, Drawer, Field, Input, Stack } from '@grafana/ui';
import { useState } from 'react';
import { SaveForm } from '../../components/FormEnd';
import { t } from '../../i18n';
import { act } from '../../service/client';
import { useAction } from '../../service/use-action';
import { routingDimensionName } from './call-words';
import { emptyKey, keyInput, keyProblems, type KeyDraft } from './key-draft';

interface Made {
  key: GatewayKey;
  secret: string;
}

/** Makes a key; its secret is shown this once. */
export function KeyForm({ onClose }: { onClose: () => void }) {
  const [draft, setDraft] = useState(emptyKey);
  const [tried, setTried] = useState(false);
  const [made, setMade] = useState<Made | undefined>();
  const problems = tried ? keyProblems(draft, new Date()) : {};
  const save = useAction(async () => setMade(await act<Made>('/api/gateway/keys', keyInput(draft))));
  const submit = () => {
    setTried(true);
    if (Object.keys(keyProblems(draft, new Date())).length === 0) void save.run();
  };
  const field = (name: keyof KeyDraft, label: string, more: { help?: string; error?: string; type?: string } = {}) => (
    <Field
      label={label}
      {...(more.help ? { description: more.help } : {})}
      invalid={problems[name] === true}
      error={more.error}
      htmlFor={`amadeus-key-${name}`}
    >
      <Input
        id={`amadeus-key-${name}`}
        maxLength={200}
        type={more.type ?? 'text'}
        value={draft[name]}
        onChange={(event) => {
          const value = event.currentTarget.value;
          setDraft((old) => ({ ...old, [name]: value }));
        }}
      />
    </Field>
  );
  return (
    <Drawer title={t('routing.key.new', 'New key')} onClose={onClose} size="md">
      {made ? (
        <Secret made={made} onClose={onClose} />
      ) : (
        <SaveForm
          action={save}
          label={t('routing.key.make', 'Make the key')}
          what={t('routing.key.new', 'New key')}
          onSubmit={submit}
          onCancel={onClose}
        >
          {field('name', t('routing.key.what-for', 'What it is for'), {
            error: t('routing.key.problem-name', 'Give it a name that people know, e.g. search in production'),
          })}
          {field('models', t('routing.key.models', 'Models'), {
            help: t(
              'routing.key.models-help',
              'Names that it may ask for, with commas; * at the end stands for anything.',
            ),
            error: t('routing.key.problem-models', 'Name at least one, or * for all'),
          })}
          {field('team', routingDimensionName('team'), {
            help: t(
              'routing.key.owner-help',
              'What is said here holds for every call of the key; what is left open a call may say itself in a header.',
            ),
          })}
          {field('product', routingDimensionName('product'))}
          {field('customer', routingDimensionName('customer'))}
          {field('feature', routingDimensionName('feature'))}
          {field('environment', t('routing.key.environment', 'Stage'))}
          {field('region', t('routing.key.region', 'Region'), {
            help: t('routing.key.region-help', 'Where its usage is kept; empty: the default.'),
            error: t('routing.key.problem-region', 'Letters, digits, points and dashes'),
          })}
          {field('expires', t('routing.key.expires', 'Ends'), {
            type: 'date',
            help: t('routing.key.expires-help', 'Empty: it does not end by itself.'),
            error: t('routing.key.problem-expires', 'A day in the future'),
          })}
        </SaveForm>
      )}
    </Drawer>
  );
}

function Secret({ made: { key, secret }, onClose }: { made: Made; onClose: () => void }) {
  return (
    <Stack direction="column" gap={2}>
      <Alert severity="success" title={t('routing.key.done', '{{name}} is made', { name: key.name })}>
        {t(
          'routing.key.once',
          'This is the only time that the secret is shown: it is not kept. Gateways know the key within two seconds.',
        )}
      </Alert>
      <Field label={t('routing.key.secret', 'Secret')} htmlFor="amadeus-key-secret">
        <Input
          id="amadeus-key-secret"
          readOnly
          value={secret}
          addonAfter={
            <ClipboardButton icon="copy" getText={() => secret}>
              {t('routing.key.copy', 'Copy')}
            </ClipboardButton>
          }
        />
      </Field>
      <Button onClick={onClose}>{t('routing.key.kept', 'I have put it away safely')}</Button>
    </Stack>
  );
}
