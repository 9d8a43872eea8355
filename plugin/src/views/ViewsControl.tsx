import { locationService } from '@grafana/runtime';
import { SceneObjectBase, type SceneComponentProps, type SceneObjectState } from '@grafana/scenes';
import { css } from '@emotion/css';
import { Button, useStyles2 } from '@grafana/ui';
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
  const styles = useStyles2(getStyles);
  const { page } = model.useState();
  /** The address as it was when the drawer was opened; undefined while it is closed. */
  const [search, setSearch] = useState<string | undefined>();
  return (
    <div className={styles.views}>
      <Button
        variant="secondary"
        icon="bookmark"
        onClick={() => setSearch(locationService.getLocation().search)}
        aria-haspopup="dialog"
      >
        {t('view.open', 'Saved views')}
      </Button>
      {search !== undefined && <ViewsDrawer page={page} search={search} onClose={() => setSearch(undefined)} />}
    </div>
  );
}

// The fields beside it have a margin below; at the middle of the row it would stand lower than they do.
const getStyles = () => ({ views: css({ alignSelf: 'flex-start' }) });
