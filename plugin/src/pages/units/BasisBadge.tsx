import type { Card } from '@amadeus/backend/unit-economics/contract.ts';
import { Badge } from '@grafana/ui';
import { t } from '../../i18n';

/** Whether a cost stands on bills or on usage times the price book. */
export function BasisBadge({ basis }: { basis: Card['basis'] }) {
  const texts = {
    billed: t('unit.basis.billed', 'Billed'),
    estimated: t('unit.basis.estimated', 'Estimated'),
    mixed: t('unit.basis.mixed', 'Billed and estimated'),
  };
  const help = {
    billed: t('unit.basis.billed-help', 'All of it stands on bills.'),
    estimated: t('unit.basis.estimated-help', 'Usage times the price book: no bill covers it yet.'),
    mixed: t('unit.basis.mixed-help', 'Part stands on bills, part is usage times the price book.'),
  };
  return <Badge color={basis === 'billed' ? 'green' : 'purple'} text={texts[basis]} tooltip={help[basis]} />;
}
