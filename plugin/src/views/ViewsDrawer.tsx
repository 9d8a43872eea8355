import type { View, Views } from '@amadeus/backend/views/contract.ts';
import { locationService } from '@grafana/runtime';
import { Drawer, Stack } from '@grafana/ui';
import { pageAddress } from '../app/page-address';
import { Section } from '../changes/Section';
import { FailureNote, Skeleton } from '../components/States';
import { t } from '../i18n';
import { useService } from '../service/use-service';
import { isSameView, viewParams } from './view-address';
import { ViewForm } from './ViewForm';
import { ViewTable } from './ViewTable';

interface Props {
  page: string;
  /** The search part of the address of what is shown. */
  search: string;
  onClose: () => void;
}

/** Saves what is shown under a name, and lists what was saved: one's own views and shared ones. */
export function ViewsDrawer({ page, search, onClose }: Props) {
  const { data, failure, reload } = useService<Views>('/api/views', { page });
  const shown = viewParams(search);
  const current = data?.views.find(({ params }) => isSameView(params, shown));
  const open = (view: View) => {
    onClose();
    locationService.push(pageAddress(view.page, view.params));
  };
  return (
    <Drawer
      title={t('view.title', 'Saved views')}
      subtitle={
        current
          ? t('view.current', 'You are looking at {{name}}', { name: current.name })
          : t('view.subtitle', 'A view keeps filters, split, chart and time range of this page')
      }
      onClose={onClose}
      size="md"
    >
      <Stack direction="column" gap={3}>
        <Section title={t('view.save-title', 'Save what is shown now')}>
          <ViewForm page={page} params={shown} mayShare={data?.mayShare ?? false} onSaved={reload} />
        </Section>
        <Section title={t('view.list', 'Views of this page')}>
          {failure && <FailureNote failure={failure} what={t('view.title', 'Saved views')} retry={reload} />}
          {!data && !failure && <Skeleton height={160} />}
          {data && (
            <ViewTable views={data.views} current={current?.id} shown={shown} onOpen={open} onChanged={reload} />
          )}
        </Section>
      </Stack>
    </Drawer>
  );
}
