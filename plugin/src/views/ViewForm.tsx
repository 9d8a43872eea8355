import { Button, Checkbox, Field, Input, Stack } from '@grafana/ui';
import { useState } from 'react';
import type { AddressParams } from '../app/page-address';
import { FailureNote } from '../components/States';
import { t } from '../i18n';
import { act } from '../service/client';
import { useMe } from '../service/MeContext';
import { useAction } from '../service/use-action';

interface Props {
  page: string;
  params: AddressParams;
  mayShare: boolean;
  onSaved: () => void;
}

/** A name for what is shown, for oneself or for everybody. */
export function ViewForm({ page, params, mayShare, onSaved }: Props) {
  const [name, setName] = useState('');
  const [shared, setShared] = useState(false);
  const [everyRegion, setEveryRegion] = useState(true);
  const { me } = useMe();
  const asksRegions = shared && me?.scope.regions === 'all';
  const save = useAction(() =>
    act('/api/views', {
      ...{ name: name.trim(), page, params, shared },
      // Without regions a view is for those who see what its author sees.
      ...(asksRegions && !everyRegion ? { regions: [] } : {}),
    }),
  );
  const submit = () =>
    void save.run().then((ok) => {
      if (!ok) return;
      setName('');
      onSaved();
    });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== '') submit();
      }}
    >
      <Stack direction="column" gap={1.5}>
        <Field label={t('view.name', 'Name')} htmlFor="amadeus-view-name" noMargin>
          <Input
            id="amadeus-view-name"
            maxLength={120}
            value={name}
            placeholder={t('view.name-hint', 'e.g. Search by model, last week')}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        </Field>
        {mayShare && (
          <Checkbox
            label={t('view.share', 'Share with everybody')}
            description={t(
              'view.share-help',
              'Others see in it what their own rights show them. Whoever may not see a team or product that it filters by does not find it.',
            )}
            value={shared}
            onChange={(event) => setShared(event.currentTarget.checked)}
          />
        )}
        {asksRegions && (
          <Checkbox
            label={t('view.some-regions', 'Also with people who see some regions only')}
            description={t('view.some-regions-help', 'Its name and filters must not name anything of another region.')}
            value={!everyRegion}
            onChange={(event) => setEveryRegion(!event.currentTarget.checked)}
          />
        )}
        {save.failure && <FailureNote failure={save.failure} what={t('view.saving', 'The view')} />}
        <div>
          <Button type="submit" icon="save" disabled={name.trim() === '' || save.busy}>
            {t('view.save', 'Save the view')}
          </Button>
        </div>
      </Stack>
    </form>
  );
}
