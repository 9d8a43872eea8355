import { t } from '../i18n';
import {
  SceneObjectBase,
  SceneObjectUrlSyncConfig,
  type SceneComponentProps,
  type SceneObject,
  type SceneObjectState,
  type SceneObjectUrlValues,
} from '@grafana/scenes';
import { InlineField, InlineSwitch, Stack } from '@grafana/ui';
import type { DimensionFilter } from '../datasource/types';
import { filterParams, parseFilters } from '../service/cost-params';
import { FilterBar } from './FilterBar';
import { Choice } from '../components/Choice';

interface ScopeState extends SceneObjectState {
  filters: DimensionFilter[];
  /** Empty: the currency with the largest spend. */
  currency: string;
  /** Show the previous period of the same length beside it. */
  compare: boolean;
  /** Currencies that the bills have; filled from answers. */
  currencies: string[];
  hideCompare?: boolean;
  /** The page shows requests, which no bill dimension narrows; the scope is only carried along. */
  trafficOnly?: boolean;
}

/** What the pages look at: filters, currency, comparison. Kept in the URL, so that a copied link opens the same. */
export class ScopeControl extends SceneObjectBase<ScopeState> {
  static Component = ScopeToolbar;
  protected override _urlSync = new SceneObjectUrlSyncConfig(this, { keys: ['filter', 'currency', 'compare'] });

  constructor(state: Partial<ScopeState> = {}) {
    super({ key: 'scope', filters: [], currency: '', compare: true, currencies: [], ...state });
  }

  getUrlState(): SceneObjectUrlValues {
    const { filters, currency, compare } = this.state;
    return { filter: filterParams(filters), currency: currency || undefined, compare: compare ? undefined : 'off' };
  }

  updateFromUrl(values: SceneObjectUrlValues) {
    if ('filter' in values) this.setState({ filters: parseFilters(several(values.filter)) });
    if ('currency' in values) this.setState({ currency: several(values.currency)[0] ?? '' });
    if ('compare' in values) this.setState({ compare: several(values.compare)[0] !== 'off' });
  }

  /** Narrows to one value of a dimension. */
  narrow(dim: string, value: string) {
    this.narrowAll({ [dim]: value });
  }

  /** Narrows to one value of each of these dimensions; the browser's Back undoes it. */
  narrowAll(keys: Readonly<Record<string, string>>) {
    const others = this.state.filters.filter(({ dim }) => !Object.hasOwn(keys, dim));
    const added = Object.entries(keys).map(([dim, value]) => ({ dim, values: [value] }));
    this._urlSync.performBrowserHistoryAction(() => this.setState({ filters: [...others, ...added] }));
  }
}

/** The scope of the page that `object` stands on. @throws Error where the page has none. */
export function scopeOf(object: SceneObject): ScopeControl {
  for (let place: SceneObject | undefined = object; place; place = place.parent) {
    const { controls } = place.state as { controls?: SceneObject[] };
    const found = controls?.find((control): control is ScopeControl => control instanceof ScopeControl);
    if (found) return found;
  }
  throw new Error('The page has no scope.');
}

function several(value: string | string[] | null | undefined): string[] {
  if (value === null || value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

function ScopeToolbar({ model }: SceneComponentProps<ScopeControl>) {
  const { filters, currency, compare, currencies, hideCompare, trafficOnly } = model.useState();
  const label = t('scope.currency', 'Currency');
  const listed = [...new Set([currency, ...currencies])].filter((one) => one !== '');
  if (trafficOnly) return null;
  return (
    <Stack direction="row" gap={1} wrap="wrap" alignItems="flex-start">
      <FilterBar filters={filters} onChange={(next) => model.setState({ filters: next })} />
      {listed.length > 1 && (
        <InlineField label={label}>
          <Choice
            name={label}
            width={12}
            value={currency || listed[0]!}
            options={listed.map((value) => ({ value }))}
            onChange={(option) => model.setState({ currency: option.value })}
          />
        </InlineField>
      )}
      {!hideCompare && (
        <InlineField label={t('scope.compare', 'Compare with previous')} htmlFor="amadeus-compare">
          <InlineSwitch
            id="amadeus-compare"
            value={compare}
            onChange={(event) => model.setState({ compare: event.currentTarget.checked })}
          />
        </InlineField>
      )}
    </Stack>
  );
}
