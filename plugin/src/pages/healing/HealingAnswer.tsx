import { TopSentence } from '../../components/TopSentence';
import { ExplainButton } from '../../components/ExplainDrawer';
import { t } from '../../i18n';
import type { HealingStory } from './healing-story';

/** What fell over, and what was done, in a sentence. */
export function HealingAnswer({ story }: { story: HealingStory }) {
  return (
    <TopSentence
      aside={
        <ExplainButton
          subject={t('healing.explain-subject', 'What fell over')}
          how={t(
            'healing.explain',
            'Pods, their events and the end of their logs are watched. Memory rises by a fifth where a container was killed for it; an image goes back only where it is new, the one before was well, and its program is to blame. All else gets advice. Each act is a Change that is looked at afterwards, and taken back where it did not help.',
          )}
          terms={[
            { name: t('healing.term-incidents', 'Incidents in this range'), value: story.incidents },
            { name: t('healing.term-open', 'Of these, going on'), value: story.open },
            { name: t('healing.term-proposed', 'Changes that wait for an approval'), value: story.proposed },
          ]}
        />
      }
    >
      {sentence(story)}
    </TopSentence>
  );
}

/** "1 workload got more memory, 1 image went back, 1 leak needs you; 2 go on." */
export function sentence(story: HealingStory): string {
  if (story.incidents === 0) return t('healing.said-nothing', 'Nothing fell over in this time: 0 incidents.');
  const part = (count: number, text: string) => (count > 0 ? [text] : []);
  const parts = [
    ...part(
      story.memory,
      t('healing.said-memory', '{{count}} workloads got more memory', {
        count: story.memory,
        defaultValue_one: '1 workload got more memory',
      }),
    ),
    ...part(
      story.rollbacks,
      t('healing.said-rollback', '{{count}} images went back', {
        count: story.rollbacks,
        defaultValue_one: '1 image went back',
      }),
    ),
    ...part(
      story.leaks,
      t('healing.said-leak', '{{count}} leaks need you', { count: story.leaks, defaultValue_one: '1 leak needs you' }),
    ),
    ...part(
      story.waiting,
      t('healing.said-waiting', '{{count}} workloads need you', {
        count: story.waiting,
        defaultValue_one: '1 workload needs you',
      }),
    ),
    ...part(
      story.proposed,
      t('healing.said-proposed', '{{count}} Changes wait for approval', {
        count: story.proposed,
        defaultValue_one: '1 Change waits for approval',
      }),
    ),
  ];
  const seen = t('healing.said-seen', '{{count}} incidents', {
    count: story.incidents,
    defaultValue_one: '1 incident',
  });
  const open =
    story.open === 0
      ? t('healing.said-over', 'all are over')
      : t('healing.said-open', '{{count}} go on', { count: story.open, defaultValue_one: '1 goes on' });
  return `${[...(parts.length === 0 ? [seen] : parts)].join(', ')}; ${open}.`;
}
