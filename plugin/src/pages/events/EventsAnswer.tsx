import type { EventView } from '@amadeus/backend/forecasting/event-contract.ts';
import { ExplainButton } from '../../components/ExplainDrawer';
import { TopSentence } from '../../components/TopSentence';
import { ago, soon } from '../../format/age';
import { t } from '../../i18n';
import { expectedFactor, nextEvent, phaseOf } from './event-words';

/** Which event comes next, and what it is expected to bring. */
export function EventsAnswer({ events }: { events: readonly EventView[] }) {
  const now = Date.now();
  const next = nextEvent(events, now);
  const ahead = events.filter((event) => phaseOf(event, now) === 'ahead').length;
  const learned = new Set(events.filter(({ learned: known }) => known.length > 0).map(({ name }) => name)).size;
  return (
    <TopSentence
      aside={
        <ExplainButton
          subject={t('event.list', 'Known events')}
          how={t(
            'event.explain',
            'Events of one name are repetitions. An hour after one is over, what it did is learned minute by minute, against what the days before let expect; the next one is foreseen by the mean of the last five. While one runs, it is corrected by what comes.',
          )}
          terms={[
            { name: t('event.term-ahead', 'Known ahead'), value: ahead },
            { name: t('event.term-learned', 'Names of which the effect was learned'), value: learned },
          ]}
        />
      }
    >
      {next === undefined ? t('event.said-none', 'Nothing is known ahead: 0 events.') : sentence(next, now, ahead)}
    </TopSentence>
  );
}

function sentence(next: EventView, now: number, ahead: number): string {
  const values = { name: next.name, when: soon(next.startsAt), end: soon(next.endsAt), ago: ago(next.startsAt) };
  const first =
    phaseOf(next, now) === 'running'
      ? t('event.said-runs', '{{name}} runs until {{end}}', values)
      : t('event.said-next', '{{name}} begins {{ago}}, {{when}}', values);
  const factor = expectedFactor(next);
  const second =
    factor === undefined
      ? t('event.said-unknown', 'what it brings is not known')
      : t('event.said-times', 'about {{factor}} times the usual traffic', { factor: times(factor) });
  const count = t('event.said-ahead', '{{count}} events are known ahead.', {
    count: ahead,
    defaultValue_one: '1 event is known ahead.',
  });
  return `${first}: ${second}. ${count}`;
}

function times(factor: number): string {
  return factor.toLocaleString('en-US', { maximumFractionDigits: 1 });
}
