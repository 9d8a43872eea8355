import { Alert, Field, Modal } from '@grafana/ui';
import { useState } from 'react';
import { Choice } from '../../components/Choice';
import { DialogEnd } from '../../components/FormEnd';
import { t } from '../../i18n';
import { act } from '../../service/client';
import { useAction } from '../../service/use-action';
import { TypedField } from './TypedField';

interface Props {
  policies: readonly string[];
  /** The one whose page it is. */
  policy: string | undefined;
  onClose: () => void;
  onDone: () => void;
}

/** Makes kept answers invalid: of a policy, with a tag, or all of them. */
export function CacheFlushForm({ policies, policy: own, onClose, onDone }: Props) {
  const [policy, setPolicy] = useState(own ?? '');
  const [tag, setTag] = useState('');
  const [dropped, setDropped] = useState<number>();
  const action = useAction(async () => {
    const what = { ...(policy === '' ? {} : { policy }), ...(tag.trim() === '' ? {} : { tag: tag.trim() }) };
    const answer = await act<{ dropped: number }>('/api/gateway/cache/invalidate', what);
    setDropped(answer.dropped);
    onDone();
  });
  const policyLabel = t('routing.dim.policy', 'Policy');
  const names = [...new Set([...(own === undefined ? [] : [own]), ...policies])];
  return (
    <Modal isOpen title={t('routing.cache.flush-title', 'Make kept answers invalid?')} onDismiss={onClose}>
      <p>
        {t(
          'routing.cache.flush-help',
          'Gateways follow within two seconds; the next calls go to the providers and are paid for again.',
        )}
      </p>
      <Field label={policyLabel}>
        <Choice
          name={policyLabel}
          value={policy}
          options={[
            { value: '', label: t('routing.cache.every-policy', 'All policies') },
            ...names.map((value) => ({ value, label: value })),
          ]}
          onChange={({ value }) => setPolicy(value)}
        />
      </Field>
      <TypedField
        label={t('routing.cache.tag', 'Only answers with the tag')}
        help={t(
          'routing.cache.tag-help',
          'A word of x-amadeus-cache-tags, or name=value of x-amadeus-tags. Empty: all of them.',
        )}
        value={tag}
        onType={setTag}
      />
      {dropped !== undefined && (
        <Alert
          severity="success"
          title={t('routing.cache.flushed', '{{dropped}} kept answers are invalid now.', { dropped })}
        />
      )}
      <DialogEnd
        action={action}
        label={t('routing.cache.flush', 'Make kept answers invalid')}
        onCancel={onClose}
        onPress={() => void action.run()}
      />
    </Modal>
  );
}
