import type { Card } from './contract.ts';

type Texts = Card['how'];

interface About {
  title: Texts;
  unit: string;
  per: number;
  drillTo: string;
  how: Texts;
  /** Dimension whose absence makes the badge; what lacks it is in no unit, or has no owner. */
  missing: string;
}

const models: Texts = {
  en: 'Cost of language models: what providers billed, and usage times the price book on days of a model that no bill covers; a billed amount without customer, feature or session is spread by usage.',
  ko: '언어 모델 비용: 공급자 청구액, 그리고 청구서가 없는 모델·날짜는 사용량 × 가격표. 고객·기능·세션이 없는 청구액은 사용량에 따라 배분합니다.',
};
const per = (unit: Texts): Texts => ({
  en: `${models.en} Divided by ${unit.en}.`,
  ko: `${models.ko} ${unit.ko}(으)로 나눕니다.`,
});
const average = (of: Texts): Texts => ({
  en: `All cost that names a ${of.en}, bills of models spread by usage, divided by the number of different ones in the period.`,
  ko: `${of.ko}이(가) 지정된 모든 비용(모델 청구액은 사용량으로 배분)을 기간 내 서로 다른 ${of.ko} 수로 나눕니다.`,
});

/** What each card is and how it comes about. */
export const cardTexts: Readonly<Record<Card['id'], About>> = {
  tokens: {
    title: { en: 'Cost of 1,000 tokens', ko: '토큰 1,000개당 비용' },
    unit: '1,000 tokens',
    per: 1000,
    drillTo: 'x_Model',
    missing: 'x_Team',
    how: per({ en: 'input and output tokens, times 1,000', ko: '입력·출력 토큰 1,000개 단위' }),
  },
  request: {
    title: { en: 'Cost of a request', ko: '요청당 비용' },
    unit: 'request',
    per: 1,
    drillTo: 'x_Feature',
    missing: 'x_Team',
    how: per({ en: 'requests, failed ones included', ko: '실패를 포함한 요청 수' }),
  },
  session: {
    title: { en: 'Cost of a session', ko: '세션당 비용' },
    unit: 'session',
    per: 1,
    drillTo: 'session',
    missing: 'x_Customer',
    how: per({
      en: 'sessions; one that goes on past midnight (UTC) counts on each day, where its first request of that day is',
      ko: '세션 수(자정(UTC)을 넘기면 날짜마다 그날 첫 요청 기준으로 셉니다)',
    }),
  },
  customer: {
    title: { en: 'Cost of a customer', ko: '고객당 비용' },
    unit: 'customer',
    per: 1,
    drillTo: 'x_Customer',
    missing: 'x_Customer',
    how: average({ en: 'customer', ko: '고객' }),
  },
  feature: {
    title: { en: 'Cost of a feature', ko: '기능당 비용' },
    unit: 'feature',
    per: 1,
    drillTo: 'x_Feature',
    missing: 'x_Feature',
    how: average({ en: 'feature', ko: '기능' }),
  },
  model: {
    title: { en: 'Cost of a model', ko: '모델당 비용' },
    unit: 'model',
    per: 1,
    drillTo: 'x_Model',
    missing: 'x_Team',
    how: per({ en: 'the number of different models', ko: '서로 다른 모델 수' }),
  },
  version: {
    title: { en: 'Cost of a model version', ko: '모델 버전당 비용' },
    unit: 'model version',
    per: 1,
    drillTo: 'ModelVersion',
    missing: 'ModelVersion',
    how: average({ en: 'model version', ko: '모델 버전' }),
  },
  stage: {
    title: { en: 'Cost of a stage (dev, CI, staging, production)', ko: '단계별 비용 (개발, CI, 스테이징, 운영)' },
    unit: 'stage',
    per: 1,
    drillTo: 'x_Environment',
    missing: 'x_Environment',
    how: average({ en: 'stage', ko: '단계' }),
  },
  job: {
    title: { en: 'Cost of a job', ko: '작업당 비용' },
    unit: 'job',
    per: 1,
    drillTo: 'job',
    missing: 'x_Team',
    how: {
      en: 'Cost of the lines of bills that name a job, divided by the number of different jobs in the period.',
      ko: '작업이 지정된 청구 항목의 비용을 기간 내 서로 다른 작업 수로 나눕니다.',
    },
  },
  'gpu-hour': {
    title: { en: 'Cost of a GPU-hour', ko: 'GPU 시간당 비용' },
    unit: 'GPU-hour',
    per: 1,
    drillTo: 'x_Team',
    missing: 'x_Team',
    how: {
      en: 'Cost of the lines of bills that are measured in GPU-hours, idle ones included, divided by the GPU-hours.',
      ko: '유휴 시간을 포함해 GPU 시간으로 측정된 청구 항목의 비용을 GPU 시간으로 나눕니다.',
    },
  },
};
