import type { Source } from '@amadeus/backend/anycost/contract.ts';
import {
  SceneObjectBase,
  SceneObjectUrlSyncConfig,
  type SceneComponentProps,
  type SceneObjectState,
  type SceneObjectUrlValues,
} from '@grafana/scenes';
import { Button } from '@grafana/ui';
import { useState } from 'react';
import { Empty, FailureNote, Skeleton } from '../../components/States';
import { TopSentence } from '../../components/TopSentence';
import { t } from '../../i18n';
import { useMe } from '../../service/MeContext';
import { useService } from '../../service/use-service';
import { PageFrame, Part } from '../PageFrame';
import { ArrivalsTable } from './ArrivalsTable';
import { SourceDrawer } from './SourceDrawer';
import { SourceForm } from './SourceForm';
import { sourceStory } from './source-story';
import { SourcesTable } from './SourcesTable';

interface SourcesState extends SceneObjectState {
  /** Name of the source whose drawer is open. */
  source: string;
}

/** Is what I see complete? */
export class SourcesBody extends SceneObjectBase<SourcesState> {
  static Component = SourcesPage;
  protected override _urlSync = new SceneObjectUrlSyncConfig(this, { keys: ['source'] });

  constructor() {
    super({ source: '' });
  }

  getUrlState(): SceneObjectUrlValues {
    return { source: this.state.source || undefined };
  }

  updateFromUrl({ source }: SceneObjectUrlValues) {
    this.setState({ source: typeof source === 'string' ? source : '' });
  }
}

function SourcesPage({ model }: SceneComponentProps<SourcesBody>) {
  const { source: open } = model.useState();
  const { may } = useMe();
  const { data, failure, reload } = useService<Source[]>('/api/sources');
  const [adding, setAdding] = useState(false);
  const [changes, setChanges] = useState(0);
  const changed = () => {
    setChanges((count) => count + 1);
    reload();
  };
  const add = may('sources:write') && (
    <Button icon="plus" onClick={() => setAdding(true)}>
      {t('sources.add', 'Add a source')}
    </Button>
  );
  return (
    <PageFrame>
      {failure && <FailureNote failure={failure} what={t('sources.all', 'The sources')} retry={reload} />}
      {!data && !failure && <Skeleton height={220} />}
      {data && data.length === 0 && (
        <Empty message={t('sources.none', 'Nothing has come in yet')}>
          <p>
            {t(
              'sources.none-help',
              'Add a source that the service fetches by itself, or send a file to POST /api/ingest/cloud-usage.',
            )}
          </p>
          {add}
        </Empty>
      )}
      {data && data.length > 0 && (
        <>
          <TopSentence>{sentence(data)}</TopSentence>
          <Part title={t('sources.title', 'Sources')} aside={add}>
            <SourcesTable sources={data} onOpen={({ source }) => model.setState({ source })} />
          </Part>
        </>
      )}
      <Part title={t('sources.arrivals', 'What came in')}>
        <ArrivalsTable refreshKey={changes} />
      </Part>
      {open !== '' && (
        <SourceDrawer
          name={open}
          source={data?.find(({ source }) => source === open)}
          onClose={() => model.setState({ source: '' })}
          onChanged={changed}
        />
      )}
      {adding && (
        <SourceForm
          onClose={() => setAdding(false)}
          onSaved={(name) => {
            setAdding(false);
            changed();
            model.setState({ source: name });
          }}
        />
      )}
    </PageFrame>
  );
}

function sentence(sources: readonly Source[]): string {
  const { failing, stale, quarantined } = sourceStory(sources);
  const parts = [
    failing[0]
      ? t('sources.said-failing', '{{name}} cannot be read', { name: failing.map(({ source }) => source).join(', ') })
      : undefined,
    stale[0]
      ? t('sources.said-stale', 'nothing new came from {{name}} for two days', {
          name: stale.map(({ source }) => source).join(', '),
        })
      : undefined,
    quarantined > 0
      ? t('sources.said-quarantined', '{{count}} lines were left out', { count: quarantined.toLocaleString('en-US') })
      : undefined,
  ].filter((part) => part !== undefined);
  if (parts.length === 0)
    return t('sources.said-fine', 'All {{count}} sources are fresh and complete.', { count: sources.length });
  const text = parts.join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
