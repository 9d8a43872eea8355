import type { Model } from '@amadeus/backend/forecasting/contract.ts';
import type { Accuracy, ForecasterScore } from '../../service/contract';
import { t } from '../../i18n';

/** A forecaster as people call it. */
export function forecasterName(id: string): string {
  const names: Record<string, string> = {
    persistence: t('forecaster.persistence', 'It stays as it is'),
    'seasonal-naive': t('forecaster.seasonal', 'As at this time yesterday'),
    autoregressive: t('forecaster.autoregressive', 'Autoregression'),
    lstm: t('forecaster.lstm', 'Network (LSTM)'),
    'lstm-tuned': t('forecaster.tuned', 'Network, tuned on this workload'),
    ensemble: t('forecaster.ensemble', 'Ensemble (mean of all)'),
  };
  return names[id] ?? id;
}

/** What was wrong with the samples of a workload; what the service says where it is of a kind that is not known here. */
export function noticeText({ kind, minutes, text }: Model['notices'][number]): string {
  const values = { minutes: minutes.toLocaleString('en-US') };
  const texts: Record<string, string> = {
    gaps: t(
      'model.notice.gaps',
      '{{minutes}} minutes of the last day were not measured; they are bridged, not learned from.',
      values,
    ),
    zeros: t(
      'model.notice.zeros',
      '{{minutes}} minutes of the last day had no request at all. If that was an outage, expect the forecast of the same time tomorrow to be low.',
      values,
    ),
    implausible: t(
      'model.notice.implausible',
      '{{minutes}} minutes held a negative or endless value, as a counter gives that was reset; they count as not measured.',
      values,
    ),
    'no-cpu': t('model.notice.no-cpu', 'No CPU is measured; the network does without it.'),
    'no-memory': t('model.notice.no-memory', 'No memory is measured; the network does without it.'),
    clock: t(
      'model.notice.clock',
      'The clock of the samples leapt by {{minutes}} minutes; what came twice was left out. Set the clocks by NTP.',
      values,
    ),
  };
  return texts[kind] ?? text;
}

export interface Contestant {
  forecaster: string;
  isChampion: boolean;
  /** Scores by minutes ahead. */
  near: ForecasterScore | undefined;
  far: ForecasterScore | undefined;
  /** Its error ten minutes ahead as a part of that of "it stays as it is"; below 1 it is of use. */
  againstPersistence: number | undefined;
}

/** Every forecaster with its scores one and ten minutes ahead, the best ten minutes ahead first. */
export function contest({ forecasters, champion }: Accuracy): Contestant[] {
  const at = (name: string, horizon: number) =>
    forecasters.find((score) => score.forecaster === name && score.horizon === horizon);
  const reference = at('persistence', 10)?.mae;
  const names = [...new Set(forecasters.map(({ forecaster }) => forecaster))];
  return names
    .map((forecaster) => {
      const far = at(forecaster, 10);
      const isKnown = typeof far?.mae === 'number' && typeof reference === 'number' && reference > 0;
      return {
        forecaster,
        isChampion: forecaster === champion,
        near: at(forecaster, 1),
        far,
        againstPersistence: isKnown ? far.mae! / reference : undefined,
      };
    })
    .sort((a, b) => (a.far?.mae ?? Infinity) - (b.far?.mae ?? Infinity));
}
