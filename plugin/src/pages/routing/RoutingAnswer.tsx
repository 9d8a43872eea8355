import type { RoutingOverview } from '@amadeus/backend/routing-panels/contract.ts';
import { ExplainButton } from '../../components/ExplainDrawer';
import { TopSentence } from '../../components/TopSentence';
import { formatMoney, formatShare } from '../../format/money';
import { t } from '../../i18n';
import { duration } from './call-words';
import { routingStory, type RoutingStory } from './routing-story';

/** Are requests going where they should? */
export function RoutingAnswer({ overview }: { overview: RoutingOverview }) {
  const { wouldHave, currency } = overview;
  return (
    <TopSentence
      aside={
        wouldHave && (
          <ExplainButton
            subject={t('routing.would-have', 'What it would have cost')}
            how={t(
              'routing.would-have-how',
              'The mean call of each policy and feature, priced at the dearest model that its policy can choose, times the number of calls. Both sides have as many tokens, and as many of them cached by the provider; what a cache of the gateway answered counts as it would have cost.',
            )}
            terms={[
              ...wouldHave.models.map(({ policy, model, cost }) => ({
                name: t('routing.all-on', '{{policy}}, all on {{model}}', { policy, model }),
                value: formatMoney(cost, currency, { digits: 4 }),
              })),
              {
                name: t('routing.would-have', 'What it would have cost'),
                value: formatMoney(wouldHave.cost, currency, { digits: 4 }),
              },
              {
                name: t('routing.as-chosen', 'As it was chosen'),
                value: formatMoney(wouldHave.spent, currency, { digits: 4 }),
              },
              ...(wouldHave.quality
                ? [
                    {
                      name: t('routing.quality-dearest', 'Quality that the policies expect of the dearest models'),
                      value: formatShare(wouldHave.quality.dearest),
                    },
                    {
                      name: t('routing.quality-chosen', 'And of the models that answered'),
                      value: formatShare(wouldHave.quality.chosen),
                    },
                  ]
                : []),
              { name: t('routing.compared', 'Calls compared'), value: wouldHave.calls.toLocaleString('en-US') },
            ]}
          />
        )
      }
    >
      {sentence(routingStory(overview))}
    </TopSentence>
  );
}

function sentence(story: RoutingStory): string {
  switch (story.kind) {
    case 'off':
      return t('routing.said-off', 'The gateway has no provider yet, so 0 requests go through it.');
    case 'no-calls':
      return t('routing.said-none', '0 requests came through the gateway in this range.');
    case 'cheaper':
      return t(
        'routing.said-cheaper',
        '{{share}} cheaper than all on the dearest models ({{saved}} saved){{quality}}; {{answered}} answered{{latency}}.',
        {
          share: formatShare(story.share, 0),
          saved: smallOrNot(story.saved, story.currency),
          quality: qualityPart(story.lessQuality),
          answered: formatShare(story.answered),
          latency: latencyPart(story.firstToken),
        },
      );
    case 'told':
      return t('routing.said-told', '{{calls}} requests cost {{cost}}; {{answered}} answered{{latency}}.', {
        calls: story.calls.toLocaleString('en-US'),
        cost: smallOrNot(story.cost, story.currency),
        answered: formatShare(story.answered),
        latency: latencyPart(story.firstToken),
      });
  }
}

/** Parts of a cent are told, where there is no more. */
function smallOrNot(amount: string, currency: string): string {
  return formatMoney(amount, currency, Number(amount) < 1 ? { digits: 4 } : {});
}

/** Rounded up to whole per cents: it is a bound. */
function qualityPart(less: number | undefined): string {
  if (less === undefined) return '';
  if (less < 0.0001) return t('routing.said-quality-same', ', expected quality no less');
  return t('routing.said-quality', ', expected quality within {{share}}', {
    share: formatShare(Math.ceil(less * 100 - 1e-6) / 100, 0),
  });
}

function latencyPart(firstToken: number | undefined): string {
  if (firstToken === undefined) return '';
  return t('routing.said-latency', ', first token within {{time}} for 95 of 100', { time: duration(firstToken) });
}
