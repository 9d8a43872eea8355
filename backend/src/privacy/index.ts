import { createHmac, hkdfSync } from 'node:crypto';
import { Counter } from 'prom-client';
import type { CallLayer } from '../gateway/index.ts';
import type { Platform } from '../platform/platform.ts';
import { presidioClient } from './presidio-client.ts';
import { privacyLayer } from './privacy-layer.ts';

export { classesOf } from './call-privacy.ts';
export { maskedText } from './masked-text.ts';
export { replacePersonal } from './personal.ts';

const keyBytes = 32;
const wordBytes = 12;

/**
 * What holds back personal data in calls of the LLM gateway.
 * @param secret of the installation: without it nobody can tell a thing from the word that stands for it in usage
 */
export function createPrivacyLayer(platform: Platform, secret: string): CallLayer {
  const { config, telemetry, outgoing } = platform;
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'amadeus words for personal data', keyBytes));
  const found = new Counter({
    name: 'amadeus_gateway_personal_data_total',
    help: 'Calls by what was found in them, by policy and kind; `none` where nothing was.',
    labelNames: ['policy', 'kind'],
    registers: [telemetry.metrics],
  });
  const { presidio } = config.gateway;
  return privacyLayer({
    presidio: presidio && presidioClient(presidio, outgoing),
    wordFor: (tenant, kind, thing) => {
      const digest = createHmac('sha256', key).update(`${tenant}\0${kind}\0${thing}`).digest();
      return `${kind}_${digest.subarray(0, wordBytes).toString('hex')}`;
    },
    onPresidioAway: (error) =>
      telemetry.log.warn({ err: error }, 'Presidio cannot be asked; the own detectors go on alone'),
    // Its text may quote the call.
    onFault: (error) =>
      telemetry.log.error(
        { reason: error instanceof Error ? error.name : 'unknown' },
        'A call could not be searched for personal data',
      ),
    onInspected: (policy, kinds) => {
      for (const kind of kinds.length > 0 ? kinds : ['none']) found.inc({ policy, kind });
    },
  });
}
