import { LinkButton, Stack, TextLink } from '@grafana/ui';
import { Empty } from '../../components/States';
import { pageUrls } from '../../constants';
import { t } from '../../i18n';

/** What to do so that there is something to see. */
export function GatewayStart({ state, port }: { state: 'off' | 'no-calls'; port: number }) {
  if (state === 'off')
    return (
      <Empty message={t('routing.off', 'The gateway has no provider yet')}>
        <p>
          {t(
            'routing.off-help',
            'Name a provider and a policy under gateway in the configuration of the service: an account at OpenAI, Anthropic, Google, Azure or Amazon, or a server of your own that speaks the API of OpenAI. The gateway then listens on port {{port}}.',
            { port },
          )}
        </p>
        <TextLink href="https://github.com/mureon/amadeus/blob/main/docs/gateway.md" external>
          {t('routing.guide', 'How to set it up')}
        </TextLink>
      </Empty>
    );
  return (
    <Empty message={t('routing.none', 'Nothing was called in this range')}>
      <p>
        {t(
          'routing.none-help',
          'Make a key, and give an application the address of the gateway (port {{port}}, path /v1) and the key instead of those of its provider. Its first requests stand here within seconds.',
          { port },
        )}
      </p>
      <Stack direction="row" gap={1} justifyContent="center">
        <LinkButton icon="key-skeleton-alt" href={`${pageUrls.routing}/keys`}>
          {t('routing.make-key', 'Make a key')}
        </LinkButton>
      </Stack>
    </Empty>
  );
}
