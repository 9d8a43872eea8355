import { locationService } from '@grafana/runtime';
import { SceneObjectBase, type SceneComponentProps, type SceneObjectState } from '@grafana/scenes';
import { Button } from '@grafana/ui';
import { useState } from 'react';
import { t } from '../i18n';
import { ViewsDrawer } from './ViewsDrawer';

interface ViewsState extends SceneObjectState {
  /** Path of the page below the app. */
  page: string;
}

/** Saved views of a page, in its toolbar. */
export class ViewsControl extends SceneObjectBase<ViewsState> {
  static Component = ViewsToolbar;
}

function ViewsToolbar({ model }: SceneComponentProps<ViewsControl>) {
  const { page } = model.useState();
  /** The address as it was when the drawer was opened; undefined while it is closed. */
  const [search, setSearch] = useState<string | undefined>();
  return (
    <>
      <Button
        variant="secondary"
        icon="bookmark"
        onClick={() => setSearch(locationService.getLocation().search)}
        aria-haspopup="dialog"
      >
        {t('view.open', 'Saved views')}
      </Button>
      {search !== undefined && <ViewsDrawer page={page} search={search} onClose={() => setSearch(undefined)} />}
    </>
  );
}
