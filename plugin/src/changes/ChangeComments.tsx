import { t } from '../i18n';
import { Button, TextArea } from '@grafana/ui';
import { useState } from 'react';
import { FailureNote } from '../components/States';
import { ago } from '../format/age';
import { act } from '../service/client';
import type { ChangeDetail } from '../service/contract';
import { toFailure, type ServiceFailure } from '../service/failure';
import { useMe } from '../service/MeContext';
import { Section } from './Section';

interface Props {
  change: ChangeDetail;
  onChanged: () => void;
}

export function ChangeComments({ change, onChanged }: Props) {
  const { may } = useMe();
  const [text, setText] = useState('');
  const [failure, setFailure] = useState<ServiceFailure | undefined>();
  const send = async () => {
    setFailure(undefined);
    try {
      await act(`/api/changes/${change.id}/comments`, { text: text.trim() });
      setText('');
      onChanged();
    } catch (error) {
      setFailure(toFailure(error));
    }
  };
  return (
    <Section title={t('change.comments', 'Comments')}>
      {change.comments.length === 0 && <p>{t('change.no-comments', 'Nobody has said anything yet.')}</p>}
      {change.comments.length > 0 && (
        <ul>
          {change.comments.map((comment) => (
            <li key={comment.id}>
              {comment.author.name}, {ago(comment.at)}: {comment.text}
            </li>
          ))}
        </ul>
      )}
      {may('changes:read') && (
        <>
          <TextArea
            aria-label={t('change.comment', 'Your comment')}
            placeholder={t('change.comment', 'Your comment')}
            rows={2}
            maxLength={4000}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Button size="sm" variant="secondary" disabled={text.trim() === ''} onClick={() => void send()}>
            {t('change.send', 'Comment')}
          </Button>
        </>
      )}
      {failure && <FailureNote failure={failure} what={t('change.comment', 'Your comment')} />}
    </Section>
  );
}
