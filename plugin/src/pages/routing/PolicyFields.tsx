import { Field, Stack } from '@grafana/ui';
import { Choice } from '../../components/Choice';
import { t } from '../../i18n';
import { routingDimensionName } from './call-words';
import {
  numberOf,
  strategies,
  withMatch,
  withPart,
  withRoutes,
  wordsOf,
  type MatchList,
  type PolicyContent,
} from './policy-draft';
import { strategyName } from './policy-words';
import { RolloutFields } from './RolloutFields';
import { RouteFields } from './RouteFields';
import { TypedField } from './TypedField';

interface Props {
  content: PolicyContent;
  isNew: boolean;
  onChange: (content: PolicyContent) => void;
}

/** The policy as a form: whom it is for, how it chooses among which routes, what happens when one fails, and its bounds. */
export function PolicyFields({ content, isNew, onChange }: Props) {
  const { match, choose, fallback, guards } = content;
  const list = (name: MatchList, label: string, help?: string) => (
    <TypedField
      label={label}
      {...(help ? { help } : {})}
      value={(match[name] ?? []).join(', ')}
      onType={(text) => onChange(withMatch(content, name, wordsOf(text)))}
    />
  );
  const number = (
    label: string,
    value: number | string | undefined,
    set: (text: string) => PolicyContent,
    help?: string,
  ) => (
    <TypedField
      label={label}
      {...(help ? { help } : {})}
      width={18}
      inputMode="decimal"
      value={value === undefined ? '' : String(value)}
      onType={(text) => onChange(set(text))}
    />
  );
  const amount = (text: string) => (text.trim() === '' ? undefined : text.trim());
  const strategy = t('routing.policy.chooses', 'Chooses');
  return (
    <>
      {isNew && (
        <TypedField
          label={t('routing.policy.name', 'Name')}
          value={content.name}
          onType={(name) => onChange({ ...content, name: name.trim() })}
        />
      )}
      {list(
        'models',
        t('routing.policy.models', 'Models that callers ask for'),
        t('routing.policy.models-help', 'With commas; * at the end stands for anything.'),
      )}
      <Stack direction="row" gap={2} wrap="wrap">
        {list('team', routingDimensionName('team'))}
        {list('feature', routingDimensionName('feature'))}
        {list('product', routingDimensionName('product'))}
        {list('customer', routingDimensionName('customer'))}
        {list('environment', t('routing.key.environment', 'Stage'))}
      </Stack>
      <Field label={strategy}>
        <Choice
          name={strategy}
          value={choose.strategy}
          options={strategies.map((value) => ({ value, label: strategyName(value) }))}
          onChange={({ value }) => onChange(withPart(content, 'choose', { strategy: value }))}
        />
      </Field>
      <RouteFields routes={choose.routes} onChange={(routes) => onChange(withRoutes(content, routes))} />
      <Stack direction="row" gap={2} wrap="wrap">
        {choose.strategy === 'cheapest' &&
          number(t('routing.policy.max-latency', 'Slowest, ms (p95)'), choose.maxLatencyMs, (text) =>
            withPart(content, 'choose', { maxLatencyMs: numberOf(text) }),
          )}
        {choose.strategy === 'fastest' &&
          number(t('routing.policy.max-cost', 'Dearest request'), choose.maxCost, (text) =>
            withPart(content, 'choose', { maxCost: amount(text) }),
          )}
        {number(t('routing.policy.floor', 'Least quality, 0 to 1'), choose.qualityFloor, (text) =>
          withPart(content, 'choose', { qualityFloor: numberOf(text) }),
        )}
        {number(
          t('routing.policy.first-token', 'Next route after ms without a token'),
          fallback?.firstTokenMs,
          (text) => withPart(content, 'fallback', { firstTokenMs: numberOf(text) }),
        )}
        {number(t('routing.policy.total', 'Give up after ms'), fallback?.totalMs, (text) =>
          withPart(content, 'fallback', { totalMs: numberOf(text) }),
        )}
        {number(t('routing.policy.guard-cost', 'Most that a request may cost'), guards?.maxCost, (text) =>
          withPart(content, 'guards', { maxCost: amount(text) }),
        )}
        {number(t('routing.policy.guard-tokens', 'Longest answer, tokens'), guards?.maxOutputTokens, (text) =>
          withPart(content, 'guards', { maxOutputTokens: numberOf(text) }),
        )}
      </Stack>
      <TypedField
        label={t('routing.policy.guard-regions', 'Regions that may answer')}
        help={t('routing.policy.guard-regions-help', 'Empty: any.')}
        value={(guards?.regions ?? []).join(', ')}
        onType={(text) => {
          const regions = wordsOf(text);
          onChange(withPart(content, 'guards', { regions: regions.length === 0 ? undefined : regions }));
        }}
      />
      <RolloutFields content={content} onChange={onChange} />
    </>
  );
}
