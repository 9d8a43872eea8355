import type { ResourceLoader } from '@grafana/i18n';
import ko from './ko-KR.json';

/** The texts of a language. English stands in the code, beside its key. No dynamic import: nested plugins cannot load chunks. */
export const loadTexts: ResourceLoader = (language) => Promise.resolve(language.startsWith('ko') ? ko : {});
