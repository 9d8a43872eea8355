import type { Draft, PolicyDetail } from '@amadeus/backend/routing/contract.ts';
import { css } from '@emotion/css';
import type { GrafanaTheme2 } from '@grafana/data';
import { Alert, Drawer, Field, Input, TextArea, useStyles2 } from '@grafana/ui';
import { useEffect, useRef, useState } from 'react';
import { FormEnd } from '../../components/FormEnd';
import { FailureNote } from '../../components/States';
import { t } from '../../i18n';
import { useDebounced } from '../../search/use-debounced';
import { act, send } from '../../service/client';
import { useAction } from '../../service/use-action';
import { toFailure, type ServiceFailure } from '../../service/failure';
import { newPolicy, type PolicyContent } from './policy-draft';
import { PolicyFields } from './PolicyFields';

interface Props {
  /** Absent: a new one. */
  of?: PolicyDetail;
  /** What a new one begins with. */
  like?: PolicyContent;
  onClose: () => void;
  onSaved: (name: string) => void;
}

interface Checked {
  problems: string[];
  yaml?: string;
  content?: PolicyContent;
}

/** What was changed last: the other side follows it. */
type Edit = { side: 'form'; content: PolicyContent } | { side: 'yaml'; yaml: string };

/** A policy as a form and as YAML side by side: what is changed on one side is checked and stands on the other. */
export function PolicyEditor({ of, like, onClose, onSaved }: Props) {
  const styles = useStyles2(getStyles);
  const [content, setContent] = useState<PolicyContent>(
    () => of?.draft?.content ?? of?.content ?? (like ? { ...like, name: `${like.name}-next` } : newPolicy('')),
  );
  const [yaml, setYaml] = useState(of?.draft ? '' : (of?.yaml ?? ''));
  const [position, setPosition] = useState(String(of?.draft?.position ?? of?.position ?? 100));
  const [notes, setNotes] = useState(of?.draft?.notes ?? '');
  const [edit, setEdit] = useState<Edit>({ side: 'form', content });
  const [fromYaml, setFromYaml] = useState(0);
  const { problems, failure } = useChecked(edit, (checked) => {
    if (edit.side === 'form') setYaml(checked.yaml ?? '');
    else if (checked.content) {
      setContent(checked.content);
      // The fields hold what is typed; they begin anew where the YAML says something else.
      setFromYaml((count) => count + 1);
    }
  });
  const place = Number(position);
  const isPlaced = Number.isInteger(place) && place >= 0 && place <= 100_000;
  const save = useAction(async () => {
    await send<Draft>('PUT', `/api/routing/policies/${encodeURIComponent(content.name)}/draft`, {
      content,
      position: place,
      notes: notes.trim(),
      ...(of?.draft ? { revision: of.draft.revision } : {}),
      ...((of?.draft?.basedOn ?? of?.version) ? { basedOn: of?.draft?.basedOn ?? of?.version } : {}),
    });
    onSaved(content.name);
  });
  const isNamed = content.name.trim() !== '';
  return (
    <Drawer
      title={
        of
          ? t('routing.policy.edit-title', 'Draft of {{name}}', { name: of.name })
          : t('routing.policy.new', 'New policy')
      }
      subtitle={t(
        'routing.policy.edit-help',
        'Nothing serves by a draft: it is published as a version, approved, and then given a part of the requests or all.',
      )}
      onClose={onClose}
      size="lg"
    >
      <div className={styles.sides}>
        <div>
          <PolicyFields
            key={fromYaml}
            content={content}
            isNew={of === undefined}
            onChange={(next) => {
              setContent(next);
              setEdit({ side: 'form', content: next });
            }}
          />
          <Field
            label={t('routing.policy.place', 'Place')}
            description={t(
              'routing.policy.place-help',
              'The first policy that fits a request decides; smaller numbers come first.',
            )}
            invalid={!isPlaced}
            error={t('routing.policy.place-problem', 'A whole number from 0 to 100000')}
            htmlFor="amadeus-policy-place"
          >
            <Input
              id="amadeus-policy-place"
              width={12}
              inputMode="numeric"
              value={position}
              onChange={(event) => setPosition(event.currentTarget.value)}
            />
          </Field>
          <Field label={t('routing.policy.notes', 'Notes')} htmlFor="amadeus-policy-notes">
            <TextArea
              id="amadeus-policy-notes"
              rows={2}
              maxLength={4000}
              value={notes}
              onChange={(event) => setNotes(event.currentTarget.value)}
            />
          </Field>
        </div>
        <div>
          <Field
            label={t('routing.policy.as-yaml', 'The same as YAML')}
            description={t('routing.policy.yaml-help', 'Personal data, caches, cascades and tags are said here.')}
            htmlFor="amadeus-policy-yaml"
          >
            <TextArea
              id="amadeus-policy-yaml"
              className={styles.yaml}
              rows={28}
              spellCheck={false}
              value={yaml}
              onChange={(event) => {
                setYaml(event.currentTarget.value);
                setEdit({ side: 'yaml', yaml: event.currentTarget.value });
              }}
            />
          </Field>
          <div aria-live="polite">
            {problems !== undefined && problems.length > 0 && (
              <Alert severity="warning" title={t('routing.policy.not-yet', 'Not right yet')}>
                <ul>
                  {problems.map((problem) => (
                    <li key={problem}>{problem}</li>
                  ))}
                </ul>
              </Alert>
            )}
            {problems?.length === 0 && (
              <p>{t('routing.policy.right', 'It reads as a policy, and fits the gateway.')}</p>
            )}
          </div>
        </div>
      </div>
      {failure && <FailureNote failure={failure} what={t('routing.policy.check', 'The check')} />}
      <FormEnd
        action={save}
        label={t('routing.policy.save', 'Save the draft')}
        disabled={!isNamed || !isPlaced}
        onPress={() => void save.run()}
        onCancel={onClose}
      />
    </Drawer>
  );
}

const pauseMs = 400;

/** Asks the service what it thinks of the last edit, a moment after it; an answer to an older edit is dropped. */
function useChecked(edit: Edit, onChecked: (checked: Checked) => void) {
  const settled = useDebounced(edit, pauseMs);
  const tell = useRef(onChecked);
  tell.current = onChecked;
  const [state, setState] = useState<{ problems?: string[]; failure?: ServiceFailure }>({});
  useEffect(() => {
    let isOld = false;
    const body = settled.side === 'form' ? { content: settled.content } : { yaml: settled.yaml };
    act<Checked>('/api/routing/policies/check', body).then(
      (checked) => {
        if (isOld) return;
        setState({ problems: checked.problems });
        tell.current(checked);
      },
      (error: unknown) => {
        if (!isOld) setState({ failure: toFailure(error) });
      },
    );
    return () => {
      isOld = true;
    };
  }, [settled]);
  return state;
}

const getStyles = (theme: GrafanaTheme2) => ({
  sides: css({
    display: 'grid',
    gap: theme.spacing(3),
    gridTemplateColumns: 'repeat(auto-fit, minmax(min(100%, 340px), 1fr))',
    '& > div': { minWidth: 0 },
  }),
  yaml: css({ fontFamily: theme.typography.fontFamilyMonospace, whiteSpace: 'pre', overflow: 'auto' }),
});
