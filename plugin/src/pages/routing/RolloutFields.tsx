import { Field, Stack } from '@grafana/ui';
import { Choice } from '../../components/Choice';
import { t } from '../../i18n';
import { numberOf, withPart, type PolicyContent } from './policy-draft';
import { TypedField } from './TypedField';

type Bound = 'maxErrorIncrease' | 'maxFirstTokenIncrease' | 'maxCostIncrease';

/** When a version that serves a share is taken back by itself. Empty fields stand for what is usual. */
export function RolloutFields({
  content,
  onChange,
}: {
  content: PolicyContent;
  onChange: (content: PolicyContent) => void;
}) {
  const { rollout } = content;
  const label = t('routing.policy.rollout', 'While it serves a share');
  const percent = (name: Bound, text: string, help: string) => {
    const known = rollout?.[name];
    return (
      <TypedField
        label={text}
        help={help}
        width={18}
        inputMode="decimal"
        value={known === undefined ? '' : String(Number((known * 100).toFixed(4)))}
        onType={(typed) => {
          const value = numberOf(typed);
          const part: Partial<Record<Bound, number | undefined>> = {
            [name]: value === undefined ? undefined : Number((value / 100).toFixed(6)),
          };
          onChange(withPart(content, 'rollout', part));
        }}
      />
    );
  };
  return (
    <>
      <Field label={label}>
        <Choice
          name={label}
          value={rollout?.stopsItself === false ? 'people' : 'itself'}
          options={[
            {
              value: 'itself',
              label: t('routing.policy.rollout-itself', 'It goes back to 0 % where it is clearly worse'),
            },
            { value: 'people', label: t('routing.policy.rollout-people', 'Only people take it back') },
          ]}
          onChange={({ value }) =>
            onChange(withPart(content, 'rollout', { stopsItself: value === 'people' ? false : undefined }))
          }
        />
      </Field>
      {rollout?.stopsItself !== false && (
        <Stack direction="row" gap={2} wrap="wrap">
          <TypedField
            label={t('routing.policy.rollout-calls', 'Judged from calls on')}
            help={t('routing.policy.rollout-calls-help', 'Of each side; empty: 50.')}
            width={18}
            inputMode="decimal"
            value={rollout?.minCalls === undefined ? '' : String(rollout.minCalls)}
            onType={(text) => onChange(withPart(content, 'rollout', { minCalls: numberOf(text) }))}
          />
          {percent(
            'maxErrorIncrease',
            t('routing.policy.rollout-errors', 'More errors, % of calls'),
            t('routing.policy.rollout-errors-help', 'Empty: 2.'),
          )}
          {percent(
            'maxFirstTokenIncrease',
            t('routing.policy.rollout-first-token', 'Later first token, %'),
            t('routing.policy.rollout-usual', 'Empty: 50.'),
          )}
          {percent(
            'maxCostIncrease',
            t('routing.policy.rollout-cost', 'Dearer calls, %'),
            t('routing.policy.rollout-usual', 'Empty: 50.'),
          )}
        </Stack>
      )}
    </>
  );
}
