import { SceneObjectBase, type SceneComponentProps, type SceneObjectState } from '@grafana/scenes';
import { SearchField } from './SearchField';

/** The search field in the toolbar of a page. */
export class SearchControl extends SceneObjectBase<SceneObjectState> {
  static Component = SearchToolbar;
}

function SearchToolbar(_: SceneComponentProps<SearchControl>) {
  return <SearchField />;
}
