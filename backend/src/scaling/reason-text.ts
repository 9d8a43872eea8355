import type { Decision, Held, Term } from './scaling-decision.ts';

export type Language = 'en' | 'ko';

/** A load as people read it. */
const load = (value: number): string => Math.round(value).toLocaleString('en-US');
const clock = (at: number): string => `${new Date(at).toISOString().slice(11, 16)} UTC`;
const pods = (count: number): string => (count === 1 ? '1 replica' : `${count} replicas`);

/** A forecaster as people call it. */
const forecasters: Readonly<Record<string, Readonly<Record<Language, string>>>> = {
  persistence: { en: 'it stays as it is', ko: '지금 그대로' },
  'seasonal-naive': { en: 'as at this time yesterday', ko: '어제 같은 시각과 같음' },
  autoregressive: { en: 'autoregression', ko: '자기회귀' },
  lstm: { en: 'LSTM', ko: 'LSTM' },
  'lstm-tuned': { en: 'LSTM tuned on this workload', ko: '이 워크로드로 미세 조정한 LSTM' },
  ensemble: { en: 'ensemble', ko: '앙상블' },
};
const nameOf = (forecaster: string, language: Language): string => forecasters[forecaster]?.[language] ?? forecaster;

/** One term of a decision in words. */
export function termText(term: Term, language: Language): string {
  return language === 'ko' ? korean(term) : english(term);
}

function english(term: Term): string {
  switch (term.term) {
    case 'observed':
      return term.isFull
        ? `the pods are full: about ${load(term.load)} requests a minute come, which need ${pods(term.replicas)}`
        : `${load(term.load)} requests a minute come now, which need ${pods(term.replicas)}`;
    case 'forecast':
      return `${load(term.load)} requests a minute are foreseen for ${clock(term.at)} (${nameOf(term.forecaster, 'en')}, quantile ${term.quantile}), which need ${pods(term.replicas)}`;
    case 'event':
      return `"${term.name}" brings about ${load(term.load)} requests a minute at ${clock(term.at)} (${term.factor.toFixed(1)} times the usual, ${term.basis}), which need ${pods(term.replicas)}`;
    case 'minimum':
      return `never fewer than ${pods(term.replicas)}`;
    case 'window':
      return `at least ${pods(term.replicas)} from ${term.from} to ${term.to} (${term.timeZone})`;
    case 'stabilised':
      return `${pods(term.replicas)} were needed within the last ${term.minutes} minutes, so as many are kept`;
    case 'tolerance':
      return `the difference is within the tolerance, so ${pods(term.replicas)} stay`;
    case 'maximum':
      return `never more than ${pods(term.replicas)}`;
    case 'step':
      return `one act goes as far as ${pods(term.replicas)}`;
    case 'rate':
      return `there were ${term.actsPerHour} acts within the hour, so only observed load adds replicas`;
  }
}

function korean(term: Term): string {
  switch (term.term) {
    case 'observed':
      return term.isFull
        ? `파드가 포화 상태이며 분당 약 ${load(term.load)}건이 들어와 ${term.replicas}대가 필요합니다`
        : `현재 분당 ${load(term.load)}건이 들어와 ${term.replicas}대가 필요합니다`;
    case 'forecast':
      return `${clock(term.at)}에 분당 ${load(term.load)}건이 예측되어(${nameOf(term.forecaster, 'ko')}, 분위수 ${term.quantile}) ${term.replicas}대가 필요합니다`;
    case 'event':
      return `"${term.name}" 이벤트로 ${clock(term.at)}에 분당 약 ${load(term.load)}건(평소의 ${term.factor.toFixed(1)}배)이 예상되어 ${term.replicas}대가 필요합니다`;
    case 'minimum':
      return `최소 ${term.replicas}대를 유지합니다`;
    case 'window':
      return `${term.from}–${term.to}(${term.timeZone})에는 최소 ${term.replicas}대를 유지합니다`;
    case 'stabilised':
      return `최근 ${term.minutes}분 안에 ${term.replicas}대가 필요했으므로 유지합니다`;
    case 'tolerance':
      return `차이가 허용 범위 안이므로 ${term.replicas}대를 유지합니다`;
    case 'maximum':
      return `최대 ${term.replicas}대를 넘지 않습니다`;
    case 'step':
      return `한 번에 ${term.replicas}대까지만 조정합니다`;
    case 'rate':
      return `한 시간 안에 ${term.actsPerHour}번 조정했으므로 관측된 부하만 레플리카를 늘립니다`;
  }
}

const heldTexts: Readonly<Record<Held, Readonly<Record<Language, string>>>> = {
  none: { en: '', ko: '' },
  'no-load': { en: 'nothing is measured of it, so nothing is done', ko: '측정값이 없어 아무것도 하지 않습니다' },
  'stale-load': { en: 'what is measured is too old to act on', ko: '측정값이 오래되어 조치하지 않습니다' },
  clock: { en: 'the clocks disagree, so nothing is done', ko: '시계가 맞지 않아 아무것도 하지 않습니다' },
  'no-capacity': {
    en: 'it is not known yet what one pod can serve, so nothing is done',
    ko: '파드당 처리량을 아직 몰라 아무것도 하지 않습니다',
  },
};

const bounds: ReadonlySet<Term['term']> = new Set(['stabilised', 'tolerance', 'maximum', 'step', 'rate']);

/** Why a decision is as it is, in one or two sentences: what asked for most, and what bounded it. */
export function reasonText(decision: Pick<Decision, 'held' | 'terms' | 'deciding'>, language: Language): string {
  if (decision.held !== 'none') return sentence(heldTexts[decision.held][language]);
  const asked = decision.terms
    .filter(({ term }) => !bounds.has(term))
    .reduce<Term | undefined>((most, term) => (most && most.replicas >= term.replicas ? most : term), undefined);
  if (!asked) return sentence(termText(decision.deciding, language));
  const first = sentence(termText(asked, language));
  return asked === decision.deciding ? first : `${first} ${sentence(termText(decision.deciding, language))}`;
}

function sentence(text: string): string {
  return text === '' ? '' : `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

const holds: readonly (readonly [RegExp, string])[] = [
  [/^Somebody else has set (\d+) replicas\.$/, '다른 곳에서 레플리카를 $1대로 설정했습니다.'],
  [
    /^Somebody else has set (\d+) replicas after Change (\d+)\.$/,
    '변경 $2 이후 다른 곳에서 레플리카를 $1대로 설정했습니다.',
  ],
  [/^Change (\d+) was undone\.$/, '변경 $1을(를) 되돌렸습니다.'],
];

/** Why a workload is left alone, as it is kept, in both languages. */
export function holdText(reason: string): Readonly<Record<Language, string>> {
  const known = holds.find(([pattern]) => pattern.test(reason));
  return { en: reason, ko: known ? reason.replace(known[0], known[1]) : reason };
}

/** What an act has done, as far as its title says it. */
interface Deed {
  from: number;
  to: number;
  /** Pods that are ready. */
  ready: number;
  foreseen: boolean;
  /** The autoscaler whose minimum was written; absent where the replicas were. */
  autoscaler?: { name: string; kind: 'HPA' | 'KEDA' };
}

/** What Slack says when it is done. */
export function doneTitle({ from, to, ready, foreseen, autoscaler }: Deed, language: Language): string {
  if (autoscaler) return minimumTitle({ from, to, foreseen, autoscaler }, language);
  const count = Math.abs(to - from);
  const isReady = ready >= to;
  if (language === 'ko') {
    const found = foreseen ? '미래 부하 감지됨.' : '부하 증가 감지됨.';
    if (to > from) return `Amadeus: ${found} 서버 ${count}대 증설 ${isReady ? '완료' : '중'}.`;
    return `Amadeus: 부하 감소 확인됨. 서버 ${count}대 축소 완료.`;
  }
  const servers = count === 1 ? '1 server' : `${count} servers`;
  const found = foreseen ? 'load ahead' : 'more load';
  if (to > from) return `Amadeus: ${found} detected. ${servers} ${isReady ? 'added' : 'being added'}.`;
  return `Amadeus: less load. ${servers} removed.`;
}

/** Replicas follow the autoscaler: only its minimum is ours. */
function minimumTitle(
  { from, to, foreseen, autoscaler: { name, kind } }: Required<Omit<Deed, 'ready'>>,
  language: Language,
): string {
  const isUp = to > from;
  if (language === 'ko') {
    const found = isUp ? (foreseen ? '미래 부하 감지됨.' : '부하 증가 감지됨.') : '부하 감소 확인됨.';
    return `Amadeus: ${found} ${name}(${kind}) 최소 레플리카 ${from} → ${to} ${isUp ? '상향' : '하향'} 완료.`;
  }
  const found = isUp ? (foreseen ? 'load ahead detected' : 'more load detected') : 'less load';
  return `Amadeus: ${found}. The minimum of ${name} (${kind}) was ${isUp ? 'raised' : 'lowered'} from ${from} to ${to}.`;
}
