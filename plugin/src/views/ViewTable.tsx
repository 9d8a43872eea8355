import type { View } from '@amadeus/backend/views/contract.ts';
import { AppEvents } from '@grafana/data';
import { getAppEvents } from '@grafana/runtime';
import { Badge, ConfirmModal, IconButton, Stack } from '@grafana/ui';
import { useState } from 'react';
import { pageHref, type AddressParams } from '../app/page-address';
import { DataTable } from '../components/DataTable';
import { FailureNote } from '../components/States';
import { ago, moment } from '../format/age';
import { t } from '../i18n';
import { send } from '../service/client';
import { useAction } from '../service/use-action';

interface Props {
  views: readonly View[];
  /** Id of the view that is looked at. */
  current: string | undefined;
  /** What is shown now; a view can be replaced by it. */
  shown: AddressParams;
  onOpen: (view: View) => void;
  onChanged: () => void;
}

/** Saved views: open, copy the link, replace by what is shown now, delete. */
export function ViewTable({ views, current, shown, onOpen, onChanged }: Props) {
  const [removing, setRemoving] = useState<View | undefined>();
  const remove = useAction(({ id }: View) => send('DELETE', `/api/views/${id}`));
  const replace = useAction(({ id, name, page, shared, regions, version }: View) =>
    send('PUT', `/api/views/${id}`, { name, page, shared, regions, version, params: shown }),
  );
  const failure = remove.failure ?? replace.failure;
  return (
    <>
      {failure && <FailureNote failure={failure} what={t('view.saving', 'The view')} />}
      <DataTable
        name={t('view.list', 'Views of this page')}
        columns={[
          {
            id: 'name',
            header: t('view.name', 'Name'),
            value: ({ name }) => name,
          },
          {
            id: 'who',
            header: t('view.who', 'Whose'),
            value: whose,
            render: (view) => (
              <Stack direction="row" gap={1} alignItems="center">
                {view.id === current && <Badge color="green" text={t('view.shown', 'shown')} />}
                <span>{whose(view)}</span>
              </Stack>
            ),
          },
          {
            id: 'changed',
            header: t('view.changed', 'Changed'),
            value: ({ updatedAt }) => updatedAt,
            render: ({ updatedAt }) => <span title={moment(updatedAt)}>{ago(updatedAt)}</span>,
          },
          {
            id: 'actions',
            header: t('view.actions', 'Actions'),
            value: () => '',
            render: (view) => (
              // A row opens its view; what stands in it does something else.
              // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-static-element-interactions
              <span onClick={(event) => event.stopPropagation()}>
                <Stack direction="row" gap={1} alignItems="center">
                  <IconButton
                    name="copy"
                    tooltip={t('view.copy', 'Copy the link of {{name}}', { name: view.name })}
                    onClick={() => void copyLink(view)}
                  />
                  {view.editable && (
                    <>
                      <IconButton
                        name="save"
                        tooltip={t('view.replace', 'Replace {{name}} by what is shown now', { name: view.name })}
                        disabled={replace.busy || view.id === current}
                        onClick={() => void replace.run(view).then((ok) => ok && onChanged())}
                      />
                      <IconButton
                        name="trash-alt"
                        tooltip={t('view.delete', 'Delete {{name}}', { name: view.name })}
                        disabled={remove.busy}
                        onClick={() => setRemoving(view)}
                      />
                    </>
                  )}
                </Stack>
              </span>
            ),
          },
        ]}
        rows={views}
        rowKey={({ id }) => id}
        empty={t('view.none', 'No view of this page is saved yet. Set filters and a split, then save them above.')}
        onOpen={onOpen}
        openLabel={({ name }) => t('view.open-one', 'Open {{name}}', { name })}
      />
      {removing && (
        <ConfirmModal
          isOpen
          title={t('view.delete', 'Delete {{name}}', { name: removing.name })}
          body={
            removing.shared
              ? t('view.delete-shared', 'It is shared: it disappears for everybody.')
              : t('view.delete-own', 'Only you see it.')
          }
          confirmText={t('view.delete-yes', 'Delete')}
          onDismiss={() => setRemoving(undefined)}
          onConfirm={() => {
            setRemoving(undefined);
            void remove.run(removing).then((ok) => ok && onChanged());
          }}
        />
      )}
    </>
  );
}

function whose({ mine, shared, owner, origin }: View): string {
  if (origin === 'file') return t('view.of-file', 'Shared, from the configuration');
  if (mine) return shared ? t('view.mine-shared', 'Mine, shared') : t('view.mine', 'Mine');
  return t('view.of', 'Shared by {{name}}', { name: owner.name });
}

async function copyLink({ page, params }: View): Promise<void> {
  const link = `${window.location.origin}${pageHref(page, params)}`;
  const say = (type: { name: string }, text: string) => getAppEvents().publish({ type: type.name, payload: [text] });
  try {
    await navigator.clipboard.writeText(link);
    say(AppEvents.alertSuccess, t('view.copied', 'The link is in the clipboard'));
  } catch {
    say(AppEvents.alertWarning, t('view.not-copied', 'The browser does not let this page copy: {{link}}', { link }));
  }
}
