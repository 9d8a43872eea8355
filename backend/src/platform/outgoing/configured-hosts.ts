import type { Config } from '../config/index.ts';

type Configured = Pick<Config, 'outgoing' | 'prometheus' | 'identity' | 'notify'> & {
  gateway?: Pick<Config['gateway'], 'presidio'>;
};

const smtpPorts: Readonly<Record<string, string>> = { 'smtp:': '587', 'smtps:': '465', 'http:': '80', 'https:': '443' };

/**
 * What calls may reach although it is private: the list of the configuration, and every host that the configuration itself
 * names (Prometheus, Grafana, mail, webhooks), since whoever wrote it meant it to be called. Entries are host:port.
 */
export function configuredHosts(config: Configured): string[] {
  const urls = [
    config.prometheus.url,
    config.identity.grafana.url,
    config.identity.oidc?.issuer,
    config.identity.oidc?.jwksUrl,
    config.gateway?.presidio?.url,
    ...config.notify.channels.map((channel) => {
      if (channel.type === 'slack') return channel.webhookUrl;
      return channel.type === 'email' ? channel.smtpUrl : channel.url;
    }),
  ];
  const named = urls.filter((url) => url !== undefined).flatMap(hostOf);
  return [...new Set([...config.outgoing.allow, ...named])];
}

function hostOf(url: string): string[] {
  if (!URL.canParse(url)) return [];
  const { hostname, port, protocol } = new URL(url);
  return hostname === '' ? [] : [`${hostname}:${port || (smtpPorts[protocol] ?? '443')}`];
}
