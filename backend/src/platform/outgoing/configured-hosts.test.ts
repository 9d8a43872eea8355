import { expect, test } from '@jest/globals';
import { loadConfig } from '../config/index.ts';
import { configuredHosts } from './configured-hosts.ts';

test('what the configuration names may be reached, by host and port', () => {
  const config = loadConfig({
    environment: {
      PROMETHEUS_URL: 'http://prometheus:9090',
      AMADEUS_OUTGOING_ALLOW: '10.0.0.0/8',
      AMADEUS_IDENTITY_GRAFANA_URL: 'http://grafana:3000',
      AMADEUS_NOTIFY_CHANNELS: JSON.stringify([
        { type: 'email', name: 'mail', smtpUrl: 'smtp://mail.internal', from: 'a@x', to: ['b@x'] },
        { type: 'webhook', name: 'hook', url: 'https://hook.internal/x' },
      ]),
    },
  });
  expect(configuredHosts(config)).toEqual([
    '10.0.0.0/8',
    'prometheus:9090',
    'grafana:3000',
    'mail.internal:587',
    'hook.internal:443',
  ]);
});
