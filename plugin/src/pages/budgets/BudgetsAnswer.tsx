import type { BudgetView } from '@amadeus/backend/budgets/contract.ts';
import { dateTimeFormat } from '@grafana/data';
import { ExplainButton } from '../../components/ExplainDrawer';
import { TopSentence } from '../../components/TopSentence';
import { ago } from '../../format/age';
import { formatMoney, formatShare } from '../../format/money';
import { t } from '../../i18n';
import { budgetStory, type BudgetStory } from './budget-story';

/** Which budget overspends, and when, in a sentence. */
export function BudgetsAnswer({ budgets }: { budgets: readonly BudgetView[] }) {
  const story = budgetStory(budgets);
  if (story.kind === 'none') return null;
  const newest = budgets
    .flatMap(({ evaluatedAt }) => evaluatedAt ?? [])
    .sort()
    .at(-1);
  const about = story.kind === 'over' || story.kind === 'at-risk' ? story.budget : undefined;
  const told = budgets.find(({ id }) => id === about?.id);
  return (
    <TopSentence
      aside={
        <>
          {newest && <span>{t('budget.evaluated', 'Looked at {{when}}', { when: ago(newest) })}</span>}
          <ExplainButton
            subject={about?.name ?? t('budget.list', 'Budgets')}
            how={
              told?.method ??
              t(
                'budget.explain',
                'Spend comes from the bills in the window of each budget; a forecast needs days enough to learn from.',
              )
            }
            terms={
              about === undefined
                ? []
                : [
                    { name: t('budget.spent', 'Spent'), value: `${about.spent} ${about.currency}` },
                    { name: t('budget.amount', 'Amount'), value: `${about.amount} ${about.currency}` },
                    ...(about.forecast === undefined
                      ? []
                      : [
                          {
                            name: t('budget.forecast', 'Forecast to the end'),
                            value: `${about.forecast} (${about.forecastLow} – ${about.forecastHigh}) ${about.currency}`,
                          },
                        ]),
                    { name: t('budget.window', 'Window'), value: `${about.windowFrom} – ${about.windowTo}` },
                  ]
            }
          />
        </>
      }
    >
      {sentence(story)}
    </TopSentence>
  );
}

function sentence(story: BudgetStory): string {
  switch (story.kind) {
    case 'none':
      return '';
    case 'waiting':
      return t('budget.said-waiting', 'The budgets are looked at for the first time within a few minutes.');
    case 'over': {
      const { name, spent, amount, share, currency } = story.budget;
      const text = t('budget.said-over', '{{name}} has passed its budget: {{spent}} of {{amount}}, {{share}}.', {
        name,
        spent: formatMoney(spent, currency),
        amount: formatMoney(amount, currency),
        share: formatShare(share, 0),
      });
      return text + more(story.others, 'over');
    }
    case 'at-risk': {
      const { name, passesOn, forecast, amount, currency } = story.budget;
      const text = t('budget.said-risk', '{{name}} passes its budget {{when}}: {{forecast}} expected of {{amount}}.', {
        name,
        when: passesOn ? t('budget.on', 'on {{day}}', { day: dayName(passesOn) }) : t('budget.soon', 'in this window'),
        forecast: forecast === undefined ? '–' : formatMoney(forecast, currency),
        amount: formatMoney(amount, currency),
      });
      return text + more(story.others, 'risk');
    }
    case 'fine':
      return t('budget.said-fine', 'No budget will be passed; the fullest is {{name}} with {{share}} used.', {
        name: story.fullest.name,
        share: formatShare(story.fullest.share, 0),
      });
  }
}

function more(others: number, kind: 'over' | 'risk'): string {
  if (others === 0) return '';
  return ` ${
    kind === 'over'
      ? t('budget.more-over', '{{count}} more are over theirs.', { count: others })
      : t('budget.more-risk', '{{count}} more will pass theirs.', { count: others })
  }`;
}

/** A day of the budget's own calendar, which no time zone moves. */
export function dayName(day: string): string {
  return dateTimeFormat(`${day}T12:00:00Z`, { format: 'D MMM YYYY', timeZone: 'utc' });
}
