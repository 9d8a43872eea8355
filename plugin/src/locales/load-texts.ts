import type { ResourceLoader } from '@grafana/i18n';

/** The texts of a language. English stands in the code, beside its key. */
export const loadTexts: ResourceLoader = async (language) =>
  language.startsWith('ko') ? (await import('./ko-KR')).korean : {};
