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
    ensemble: t('forecaster.ensemble', 'Mean of all'),
  };
  return names[id] ?? id;
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
