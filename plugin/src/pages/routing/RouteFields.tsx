import { Button, IconButton, Stack } from '@grafana/ui';
import { Section } from '../../changes/Section';
import { t } from '../../i18n';
import { numberOf, type PolicyRoute } from './policy-draft';
import { TypedField } from './TypedField';

interface Props {
  routes: readonly PolicyRoute[];
  onChange: (routes: PolicyRoute[]) => void;
}

/** The models at providers among which a policy chooses, in their order. */
export function RouteFields({ routes, onChange }: Props) {
  const set = (index: number, part: Partial<PolicyRoute>) =>
    onChange(
      routes.map((route, at) =>
        at === index
          ? (Object.fromEntries(
              Object.entries({ ...route, ...part }).filter(([, value]) => value !== undefined),
            ) as PolicyRoute)
          : route,
      ),
    );
  return (
    <Section title={t('routing.policy.among', 'Among')}>
      {routes.map((route, index) => (
        // Routes have no id; one that is removed takes its fields along by the number of routes.
        <Stack key={`${routes.length} ${index}`} direction="row" gap={1} wrap="wrap" alignItems="flex-start">
          <TypedField
            label={t('routing.dim.provider', 'Provider')}
            width={18}
            value={route.provider}
            onType={(provider) => set(index, { provider: provider.trim() })}
          />
          <TypedField
            label={t('routing.dim.model', 'Model')}
            width={22}
            value={route.model}
            onType={(model) => set(index, { model: model.trim() })}
          />
          <TypedField
            label={t('routing.policy.weight', 'Weight')}
            width={7}
            inputMode="decimal"
            value={route.weight === undefined ? '' : String(route.weight)}
            onType={(text) => set(index, { weight: numberOf(text) })}
          />
          <TypedField
            label={t('routing.policy.quality', 'Quality')}
            width={7}
            inputMode="decimal"
            value={route.quality === undefined ? '' : String(route.quality)}
            onType={(text) => set(index, { quality: numberOf(text) })}
          />
          {routes.length > 1 && (
            <IconButton
              name="trash-alt"
              tooltip={t('routing.policy.drop-route', 'Remove {{route}}', {
                route: `${route.provider}/${route.model}`,
              })}
              onClick={() => onChange(routes.filter((_, at) => at !== index))}
            />
          )}
        </Stack>
      ))}
      <Button
        size="sm"
        variant="secondary"
        icon="plus"
        onClick={() => onChange([...routes, { provider: '', model: '' }])}
      >
        {t('routing.policy.add-route', 'Add a route')}
      </Button>
    </Section>
  );
}
