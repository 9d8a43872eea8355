import { t } from '../i18n';
import { Part } from '../pages/PageFrame';
import type { ChangeSummary } from '../service/contract';
import { useMe } from '../service/MeContext';
import { useService } from '../service/use-service';
import { ChangeList } from './ChangeList';

interface Props {
  /** Beginnings of the kinds that belong here. */
  kinds: readonly string[];
  refreshKey: unknown;
  onOpen: (id: number) => void;
}

/** Changes of some kinds that are under way or wait for a person; nothing where there are none. */
export function PendingChanges({ kinds, refreshKey, onOpen }: Props) {
  const { may } = useMe();
  const loaded = useService<{ changes: ChangeSummary[] }>(
    may('changes:read') ? '/api/changes' : undefined,
    { state: 'open', limit: 200 },
    refreshKey,
  );
  const changes = loaded.data?.changes.filter(({ kind }) => kinds.some((start) => kind.startsWith(start)));
  if (!loaded.failure && (changes === undefined || changes.length === 0)) return null;
  return (
    <Part title={t('changes.pending', 'Changes under way, or waiting for you')}>
      <ChangeList loaded={{ ...loaded, ...(changes ? { data: { changes } } : {}) }} onOpen={onOpen} />
    </Part>
  );
}
