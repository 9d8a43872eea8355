import type { Notification } from '../platform/notify/index.ts';
import { advice, type Language } from './cause-patterns.ts';
import type { ActRow } from './act-repository.ts';
import type { Incident } from './incident-repository.ts';
import type { Trouble } from './trouble.ts';
import { whyIn } from './why-text.ts';

/** Grafana's path of the page that shows what fell over. */
const healingPath = '/a/mureon-amadeus-app/traffic/healing';

const troubleWords: Readonly<Record<Language, Readonly<Record<Trouble, string>>>> = {
  en: {
    'oom-killed': 'ran out of memory',
    'crash-loop': 'crashes again and again',
    'image-pull': 'cannot pull its image',
    configuration: 'cannot be started as it is configured',
    unready: 'runs and does not get ready',
    unplaced: 'finds no node',
  },
  ko: {
    'oom-killed': '메모리 부족 감지',
    'crash-loop': '반복되는 크래시 감지',
    'image-pull': '이미지 풀 실패 감지',
    configuration: '설정 오류로 시작 실패',
    unready: '준비 상태가 되지 않음',
    unplaced: '배치할 노드 없음',
  },
};

const text = (detail: Readonly<Record<string, unknown>>, key: string): string => {
  const value = detail[key];
  return typeof value === 'string' ? value : '';
};

/** What was done, or would be, in a few words. */
function deed(language: Language, act: ActRow, isDone: boolean): string {
  const { detail } = act;
  if (act.act === 'memory') {
    const [before, after] = [text(detail, 'before'), text(detail, 'after')];
    if (language === 'ko') return `메모리 한도 ${before} → ${after} ${isDone ? '상향 완료' : '상향 제안'}.`;
    return `${isDone ? 'Its memory limit was raised' : 'Its memory limit should rise'} from ${before} to ${after}.`;
  }
  const image = text(detail, 'after');
  if (language === 'ko')
    return isDone ? `이전 이미지 ${image}(으)로 롤백 완료.` : `이전 이미지 ${image}(으)로 롤백 제안.`;
  return `${isDone ? 'It was rolled back to' : 'It should go back to'} ${image}.`;
}

/** What people are told of an incident when its verdict changes; undefined where there is nothing to tell. */
export function incidentNotice(
  incident: Incident,
  act: ActRow | undefined,
  {
    language,
    publicUrl,
    grafanaUrl,
  }: { language: Language; publicUrl?: string | undefined; grafanaUrl?: string | undefined },
): Notification | undefined {
  const { verdict, ref, cluster, cause, trouble } = incident;
  if (verdict === 'waiting' || verdict === 'held') return undefined;
  const name = `${ref.namespace}/${ref.name}`;
  const what = troubleWords[language][trouble];
  const isKorean = language === 'ko';
  const head = isKorean ? `Amadeus: ${name} ${what}.` : `Amadeus: ${name} ${what}.`;
  const leak = isKorean
    ? '한도를 여러 번 올렸지만 소용이 없어 누수로 보고 멈췄습니다.'
    : 'More memory did not help: it is taken for a leak and left alone.';
  const tail =
    verdict === 'leak' ? leak : act ? deed(language, act, verdict === 'acted') : firstSentence(advice[cause][language]);
  const asksForPerson = verdict === 'leak' || verdict === 'advised';
  return {
    title: `${head} ${tail}`.trim(),
    text: [incident.evidence ?? '', whyText(incident, language), asksForPerson ? advice[cause][language] : '']
      .filter(Boolean)
      .join('\n'),
    severity: asksForPerson ? 'error' : verdict === 'acted' ? 'warning' : 'info',
    fields: {
      [isKorean ? '클러스터' : 'Cluster']: cluster,
      [isKorean ? '컨테이너' : 'Container']: incident.container,
      [isKorean ? '원인' : 'Cause']: cause,
      ...(incident.changeId === null ? {} : { Change: String(incident.changeId) }),
    },
    ...placesOf(incident, { publicUrl, grafanaUrl }, isKorean ? '되돌리기' : 'Undo'),
    dedupKey: `healing:${incident.id}`,
    event: verdict === 'acted' ? 'resolve' : 'trigger',
  };
}

/** `An image cannot be pulled.` of the advice that begins with it. */
function firstSentence(text: string): string {
  return /^.*?\.(?= |$)/.exec(text)?.[0] ?? text;
}

/** Why it stands so, without the advice, which is said by itself. */
function whyText({ why, cause }: Pick<Incident, 'why' | 'cause'>, language: Language): string {
  return whyIn(why.replace(advice[cause].en, '').trim(), cause, language);
}

/** Where it is seen, and where what was done can be undone: in Grafana, else at the service. */
function placesOf(
  { changeId, verdict }: Pick<Incident, 'changeId' | 'verdict'>,
  { publicUrl, grafanaUrl }: { publicUrl: string | undefined; grafanaUrl: string | undefined },
  undo: string,
): Pick<Notification, 'url' | 'links'> {
  if (grafanaUrl !== undefined) {
    const page = `${grafanaUrl.replace(/\/$/, '')}${healingPath}`;
    if (changeId === null) return { url: page };
    const change = `${page}?change=${changeId}`;
    return { url: change, ...(verdict === 'acted' ? { links: [{ label: undo, url: change }] } : {}) };
  }
  if (publicUrl === undefined) return {};
  return {
    url: `${publicUrl.replace(/\/$/, '')}${changeId === null ? '/api/healing/timeline' : `/api/changes/${changeId}`}`,
  };
}
