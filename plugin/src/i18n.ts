import { t as translate } from '@grafana/i18n';

type Values = Record<string, string | number | undefined>;

/**
 * The text of a key in the language of Grafana; `text` is the English one. Values go in as they are: React escapes what it
 * shows, and escaping twice would turn a slash in a name into an entity.
 */
export function t(key: string, text: string, values: Values = {}): string {
  return translate(key, text, { ...values, interpolation: { escapeValue: false } });
}
