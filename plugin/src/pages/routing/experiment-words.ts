import type { Comparison, ExperimentView } from '@amadeus/backend/experiments/contract.ts';
import { formatShare } from '../../format/money';
import { t } from '../../i18n';
import { duration } from './call-words';

type Experiment = Pick<ExperimentView, 'settings' | 'state'>;
type Interval = NonNullable<Comparison['cost']>;

/** Which side is better, and how sure that is, in one sentence. */
export function verdictSentence(experiment: Experiment, comparison: Comparison): string {
  const { observations, decision } = comparison;
  const about = {
    what: findings(experiment, comparison),
    sure: formatShare(experiment.settings.confidence, 1).replace('.0', ''),
    seen: observations.toLocaleString('en-US'),
  };
  if (decision === 'B')
    return t('routing.experiment.b-better', 'B is better: {{what}} ({{sure}}, {{seen}} observations).', about);
  if (decision === 'A')
    return t('routing.experiment.a-better', 'A is better: B is {{what}} ({{sure}}, {{seen}} observations).', about);
  if (decision === 'same')
    return t(
      'routing.experiment.neither',
      'Neither is better: B is {{what}} ({{sure}}, {{seen}} observations).',
      about,
    );
  if (about.what === '') return t('routing.experiment.nothing-known', 'Too few to tell: nothing is known yet.');
  if (observations < experiment.settings.minObservations)
    return t('routing.experiment.too-few', 'Too few to tell: B is {{what}} so far ({{seen}} observations).', about);
  return experiment.state === 'ended'
    ? t('routing.experiment.left-open', 'It ended undecided: B is {{what}} ({{sure}}, {{seen}} observations).', about)
    : t('routing.experiment.undecided', 'Not decided yet: B is {{what}} ({{sure}}, {{seen}} observations).', about);
}

function findings({ settings }: Experiment, { cost, quality, failures, totalMs }: Comparison): string {
  const found = [
    cost && money(cost),
    quality && worth(quality, settings.quality),
    failures && broken(failures),
    totalMs && speed(totalMs),
  ].filter((words) => words !== undefined && words !== '');
  if (found.length > 0 && !quality && settings.quality.method !== 'none')
    found.push(t('routing.experiment.no-quality', 'of a quality that is not known yet'));
  return found.join(', ');
}

function money({ estimate, low, high }: Interval): string {
  const [least, most] = [low, high].map(Math.abs).sort((one, other) => one - other) as [number, number];
  const about = { much: formatShare(Math.abs(estimate)), from: formatShare(least), to: formatShare(most) };
  if (high < 0) return t('routing.experiment.cheaper', '{{much}} cheaper ({{from}} to {{to}})', about);
  if (low > 0) return t('routing.experiment.dearer', '{{much}} dearer ({{from}} to {{to}})', about);
  return t('routing.experiment.as-dear', 'not clearly cheaper or dearer ({{from}} to {{to}})', {
    from: signedShare(low),
    to: signedShare(high),
  });
}

function signedShare(share: number): string {
  return `${share < 0 ? '−' : '+'}${formatShare(Math.abs(share))}`;
}

function worth({ low, high }: Interval, { method, margin }: ExperimentView['settings']['quality']): string {
  const how = methodWords(method);
  if (low > 0)
    return t('routing.experiment.is-better', 'better by {{from}} to {{to}} points, {{how}}', range(low, high, how));
  if (low >= -margin)
    return t(
      'routing.experiment.no-worse',
      'no worse (at most {{from}} points less, {{how}})',
      range(Math.min(0, low), high, how),
    );
  if (high < -margin)
    return t('routing.experiment.is-worse', 'worse by {{from}} to {{to}} points, {{how}}', range(high, low, how));
  return t(
    'routing.experiment.perhaps-worse',
    'perhaps worse, by up to {{from}} points, {{how}}',
    range(low, high, how),
  );
}

function methodWords(method: ExperimentView['settings']['quality']['method']): string {
  const words: Record<typeof method, string> = {
    none: '',
    exact: t('routing.experiment.how-exact', 'by equal answers'),
    similarity: t('routing.experiment.how-words', 'by likeness of words'),
    embedding: t('routing.experiment.how-embedding', 'by likeness of meaning'),
    judge: t('routing.experiment.how-judge', 'by a judge'),
    thumbs: t('routing.experiment.how-people', 'by what people say'),
  };
  return words[method];
}

function range(from: number, to: number, how: string): { from: string; to: string; how: string } {
  return { from: points(from), to: points(to), how };
}

/** Of a hundred. */
function points(share: number): string {
  return String(Math.round(Math.abs(share) * 1000) / 10);
}

/** Nothing where it may be that both fail as often. */
function broken({ low, high }: Interval): string {
  if (low > 0)
    return t('routing.experiment.fails-more', 'failing more often by {{from}} to {{to}} points', {
      from: points(low),
      to: points(high),
    });
  if (high >= 0) return '';
  return t('routing.experiment.fails-less', 'failing less often by {{from}} to {{to}} points', {
    from: points(high),
    to: points(low),
  });
}

function speed({ estimate, low, high }: Interval): string {
  if (low <= 0 && high >= 0) return t('routing.experiment.as-quick', 'about as quick');
  const time = duration(Math.abs(estimate));
  return estimate < 0
    ? t('routing.experiment.quicker', '{{time}} quicker', { time })
    : t('routing.experiment.slower', '{{time}} slower', { time });
}

type LeftOut = NonNullable<ExperimentView['leftOut']>;

/** Calls that were drawn and could not be compared in all; nothing where there are none. */
export function leftOutSentence({ leftOut = {} }: Pick<ExperimentView, 'leftOut'>): string | undefined {
  const names: Record<keyof LeftOut, string> = {
    hungUp: t('routing.experiment.left-hung-up', 'the caller hung up'),
    dropped: t('routing.experiment.left-dropped', 'too many copies waited'),
    refused: t('routing.experiment.left-refused', 'a budget had no room'),
    unpriced: t('routing.experiment.left-unpriced', 'a model without a price'),
    unmarked: t('routing.experiment.left-unmarked', 'the judge or the embedding gave no mark'),
  };
  const told = (Object.keys(names) as Array<keyof LeftOut>).flatMap((name) =>
    leftOut[name] ? [`${names[name]}: ${leftOut[name].toLocaleString('en-US')}`] : [],
  );
  return told.length === 0
    ? undefined
    : t('routing.experiment.left-out', 'Not compared in all: {{told}}.', { told: told.join('; ') });
}
