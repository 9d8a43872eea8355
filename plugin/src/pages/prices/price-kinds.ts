import { t } from '../../i18n';

/** What can be priced, in words. */
export function kindOptions(): Array<{ value: string; label: string }> {
  return [
    { value: 'llm', label: t('price.kinds.llm', 'Language models') },
    { value: 'gpu', label: t('price.kinds.gpu', 'GPUs') },
    { value: 'node', label: t('price.kinds.node', 'Machines') },
    { value: 'cpu', label: t('price.kinds.cpu', 'CPU') },
    { value: 'memory', label: t('price.kinds.memory', 'Memory') },
    { value: 'storage', label: t('price.kinds.storage', 'Storage') },
  ];
}
