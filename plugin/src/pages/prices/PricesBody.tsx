import type { Price, PriceDetail } from '@amadeus/backend/prices/contract.ts';
import {
  SceneObjectBase,
  SceneObjectUrlSyncConfig,
  type SceneComponentProps,
  type SceneObjectState,
  type SceneObjectUrlValues,
} from '@grafana/scenes';
import { Button, Input, Stack } from '@grafana/ui';
import { useState } from 'react';
import { Choice } from '../../components/Choice';
import { FailureNote, Skeleton } from '../../components/States';
import { TopSentence } from '../../components/TopSentence';
import { t } from '../../i18n';
import { useMe } from '../../service/MeContext';
import { useService } from '../../service/use-service';
import { PageFrame, Part } from '../PageFrame';
import { CurrencyRates } from './CurrencyRates';
import { kindOptions } from './price-kinds';
import { PriceDrawer } from './PriceDrawer';
import { PriceForm } from './PriceForm';
import { PriceImport } from './PriceImport';
import { PriceTable } from './PriceTable';
import { Reconciliation } from './Reconciliation';

interface PricesState extends SceneObjectState {
  kind: string;
  search: string;
  /** Id of the price whose drawer is open. */
  price: string;
}

interface PriceList {
  prices: Price[];
  total: number;
  providers: Array<{ provider: string; kind: string; prices: number }>;
}

const mostShown = 500;

/** What does usage cost, and is the bill what it should be? */
export class PricesBody extends SceneObjectBase<PricesState> {
  static Component = PricesPage;
  protected override _urlSync = new SceneObjectUrlSyncConfig(this, { keys: ['kind', 'search', 'price'] });

  constructor() {
    super({ kind: '', search: '', price: '' });
  }

  getUrlState(): SceneObjectUrlValues {
    const { kind, search, price } = this.state;
    return { kind: kind || undefined, search: search || undefined, price: price || undefined };
  }

  updateFromUrl({ kind, search, price }: SceneObjectUrlValues) {
    if (typeof kind === 'string') this.setState({ kind });
    if (typeof search === 'string') this.setState({ search });
    this.setState({ price: typeof price === 'string' ? price : '' });
  }
}

function PricesPage({ model }: SceneComponentProps<PricesBody>) {
  const { kind, search, price } = model.useState();
  const { may } = useMe();
  const { data, failure, reload } = useService<PriceList>('/api/prices', { kind, search, limit: mostShown });
  const [open, setOpen] = useState<'new' | 'import' | undefined>();
  const [superseding, setSuperseding] = useState<PriceDetail | undefined>();
  const close = () => {
    setOpen(undefined);
    setSuperseding(undefined);
  };
  const saved = () => {
    close();
    reload();
  };
  return (
    <PageFrame>
      {failure && <FailureNote failure={failure} what={t('price.all', 'The prices')} retry={reload} />}
      {!data && !failure && <Skeleton height={72} />}
      {data && (
        <TopSentence>
          {t('price.said', '{{count}} prices are in force, of {{providers}} providers.', {
            count: data.total.toLocaleString('en-US'),
            providers: new Set(data.providers.map(({ provider }) => provider)).size,
          })}
        </TopSentence>
      )}
      <Reconciliation />
      <Part
        title={t('price.list', 'Price book')}
        aside={
          may('prices:write') && (
            <Stack direction="row" gap={1}>
              <Button size="sm" icon="plus" onClick={() => setOpen('new')}>
                {t('price.new', 'New price')}
              </Button>
              <Button size="sm" variant="secondary" icon="upload" onClick={() => setOpen('import')}>
                {t('price.import', 'Import a price file')}
              </Button>
            </Stack>
          )
        }
      >
        <Stack direction="row" gap={1} wrap="wrap">
          <Choice
            name={t('price.kind', 'Kind')}
            width={20}
            options={[{ value: '', label: t('price.kind-all', 'Everything') }, ...kindOptions()]}
            value={kind}
            onChange={({ value }) => model.setState({ kind: value })}
          />
          <Input
            aria-label={t('price.search', 'Search models, GPUs, providers')}
            placeholder={t('price.search', 'Search models, GPUs, providers')}
            width={40}
            defaultValue={search}
            onKeyDown={(event) => event.key === 'Enter' && model.setState({ search: event.currentTarget.value.trim() })}
            onBlur={(event) => model.setState({ search: event.currentTarget.value.trim() })}
          />
        </Stack>
        {!data && !failure && <Skeleton height={320} />}
        {data && (
          <PriceTable prices={data.prices} total={data.total} onOpen={({ id }) => model.setState({ price: id })} />
        )}
      </Part>
      <CurrencyRates mayWrite={may('prices:write')} />
      {price !== '' && !superseding && (
        <PriceDrawer
          id={price}
          mayWrite={may('prices:write')}
          onSupersede={setSuperseding}
          onChanged={reload}
          onClose={() => model.setState({ price: '' })}
        />
      )}
      {(open === 'new' || superseding) && <PriceForm of={superseding} onClose={close} onSaved={saved} />}
      {open === 'import' && <PriceImport onClose={close} onDone={saved} />}
    </PageFrame>
  );
}
