import type { Breakdown, Cards } from '@amadeus/backend/unit-economics/contract.ts';
import { MissingTags, Cached } from '../../components/Badges';
import { ExplainButton } from '../../components/ExplainDrawer';
import { Notices } from '../../components/Notices';
import { TopSentence } from '../../components/TopSentence';
import { formatChange, formatMoney } from '../../format/money';
import { formatUnitCost } from '../../format/unit-cost';
import { spoken, t } from '../../i18n';
import { ownerlessUrl } from '../../service/explore-url';
import type { Card } from '@amadeus/backend/unit-economics/contract.ts';
import { BasisBadge } from './BasisBadge';
import { unitStory, type UnitStory } from './unit-story';

interface Props {
  cards: Cards;
  unit: Card['id'];
  customers: Breakdown | undefined;
}

/** What one costs, and whether it earns, in a sentence. */
export function UnitsAnswer({ cards, unit, customers }: Props) {
  const story = unitStory(cards.cards, unit, customers);
  const { card } = story;
  if (card === undefined) return null;
  return (
    <>
      <TopSentence
        aside={
          <>
            <BasisBadge basis={card.basis} />
            <MissingTags share={cards.withoutTeamShare} href={ownerlessUrl([], { from: cards.from, to: cards.to })} />
            <Cached seconds={cards.cachedAgeSeconds} />
            <ExplainButton
              subject={spoken(card.title)}
              how={spoken(card.how)}
              terms={[
                { name: t('unit.cost', 'Cost'), value: `${card.cost} ${card.currency}` },
                { name: t('unit.quantity', 'Count'), value: card.quantity },
                { name: t('unit.billed', 'of the cost on bills'), value: `${card.billed} ${card.currency}` },
                { name: t('unit.estimated', 'of the cost estimated'), value: `${card.estimated} ${card.currency}` },
                ...cards.rates.map(({ currency, rate, rateDay, source }) => ({
                  name: t('unit.rate', 'Rate of {{currency}}', { currency }),
                  value: `${rate} (${rateDay}, ${source})`,
                })),
              ]}
            />
          </>
        }
      >
        {sentence(story, card, customers?.currency ?? cards.currency)}
      </TopSentence>
      <Notices notices={cards.notices} />
    </>
  );
}

function sentence(story: UnitStory, card: Card, currency: string): string {
  const { changePercent, losing, earning } = story;
  const what = spoken(card.title);
  const value = card.value === undefined ? '–' : formatUnitCost(card.value, card.currency);
  const parts = [
    changePercent === undefined
      ? t('unit.said', '{{what}}: {{value}}', { what, value })
      : t('unit.said-change', '{{what}}: {{value}}, {{change}} against the period before', {
          what,
          value,
          change: formatChange(changePercent),
        }),
  ];
  if (losing?.margin)
    parts.push(
      t('unit.said-losing', '{{customer}} costs {{loss}} more than it pays', {
        customer: losing.key,
        loss: formatMoney(losing.margin.replace('-', ''), currency),
      }),
    );
  else if (earning?.margin)
    parts.push(
      t('unit.said-earning', 'every customer with known revenue earns, {{customer}} most: {{margin}}', {
        customer: earning.key,
        margin: formatMoney(earning.margin, currency),
      }),
    );
  return `${parts.join('; ')}.`;
}
