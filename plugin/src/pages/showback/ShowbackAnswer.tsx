import type { Report } from '@amadeus/backend/showback/contract.ts';
import { Badge } from '@grafana/ui';
import { MissingTags } from '../../components/Badges';
import { ExplainButton } from '../../components/ExplainDrawer';
import { Notices } from '../../components/Notices';
import { TopSentence } from '../../components/TopSentence';
import { formatMoney, formatShare } from '../../format/money';
import { t } from '../../i18n';
import { ownerlessUrl } from '../../service/explore-url';

/** That everything adds up to the bills, and how much has no owner. */
export function ShowbackAnswer({ report }: { report: Report }) {
  const { closes, currency, levels, firstDay, lastDay, timeZone, rates, rules } = report;
  const bills = Number(closes.bills);
  const share = bills === 0 ? 0 : Number(closes.withoutOwner) / bills;
  const said = { bills: formatMoney(closes.bills, currency), share: formatShare(share) };
  const newest = rates.at(-1);
  return (
    <>
      <TopSentence
        aside={
          <>
            <span>
              {firstDay} – {lastDay} ({timeZone})
            </span>
            <MissingTags
              share={levels[0]?.missingShare}
              href={ownerlessUrl([], { from: `${firstDay}T00:00:00.000Z`, to: `${lastDay}T23:59:59.999Z` })}
            />
            {newest && (
              <Badge
                color="blue"
                icon="exchange-alt"
                text={t('showback.rate', '1 {{from}} = {{rate}} {{to}} ({{day}})', {
                  from: newest.from,
                  rate: newest.rate,
                  to: newest.to,
                  day: newest.rateDay,
                })}
                tooltip={t('showback.rate-help', 'Each day at its own rate; this is the last one. Source: {{source}}', {
                  source: newest.source,
                })}
              />
            )}
            <ExplainButton
              subject={t('showback.name', 'The report')}
              how={t(
                'showback.explain',
                'Every line of the bills in the span stands in exactly one row of each level. Shared costs go to owners by the rules; what no rule gives away stays visible as not allocated.',
              )}
              terms={[
                { name: t('showback.bills', 'Bills'), value: `${closes.bills} ${currency}` },
                { name: t('showback.allocated', 'With an owner'), value: `${closes.allocated} ${currency}` },
                { name: t('showback.unallocated', 'Not allocated'), value: `${closes.unallocated} ${currency}` },
                { name: t('showback.rules', 'Rules'), value: rules.join(', ') || '–' },
              ]}
            />
          </>
        }
      >
        {rules.length > 0
          ? t('showback.said-shared', 'Everything adds up: {{bills}} = the bills; nobody bears {{share}} of it.', said)
          : t('showback.said', 'Everything adds up: {{bills}} = the bills; {{share}} has no owner.', said)}
      </TopSentence>
      <Notices notices={report.notices} />
    </>
  );
}
