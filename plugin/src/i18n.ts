import { t as translate } from '@grafana/i18n';

type Values = Record<string, string | number | undefined>;

/**
 * The text of a key in the language of Grafana; `text` is the English one. Values go in as they are: React escapes what it
 * shows, and escaping twice would turn a slash in a name into an entity.
 */
export function t(key: string, text: string, values: Values = {}): string {
  return translate(key, text, { ...values, interpolation: { escapeValue: false } });
}

/** A text that the service says in both languages, in the one of these texts, so that sentence and page speak the same. */
export function spoken(texts: { en: string; ko: string }): string {
  return t('language.code', 'en') === 'ko' ? texts.ko : texts.en;
}
