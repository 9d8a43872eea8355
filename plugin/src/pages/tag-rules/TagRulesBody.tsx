import type { Quality, RuleSet, TagRules } from '@amadeus/backend/tag-rules/contract.ts';
import { SceneObjectBase, type SceneComponentProps, type SceneObjectState } from '@grafana/scenes';
import { useState } from 'react';
import { FailureNote, Skeleton } from '../../components/States';
import { TopSentence } from '../../components/TopSentence';
import { formatMoney, formatShare } from '../../format/money';
import { t } from '../../i18n';
import { useMe } from '../../service/MeContext';
import { useService } from '../../service/use-service';
import { PageFrame } from '../PageFrame';
import { DraftBar } from './DraftBar';
import { MissingTables } from './MissingTables';
import { RuleList } from './RuleList';
import { ruleKinds, type Rule, type RuleKind } from './rule-fields';

/** Which part of the spend has no owner, and what is done about it? */
export class TagRulesBody extends SceneObjectBase<SceneObjectState> {
  static Component = TagRulesPage;

  constructor() {
    super({});
  }
}

function TagRulesPage(_: SceneComponentProps<TagRulesBody>) {
  const { may } = useMe();
  const [saves, setSaves] = useState(0);
  const { data, failure, reload } = useService<TagRules>('/api/tag-rules', {}, saves);
  const quality = useService<Quality>('/api/quality', {}, saves);
  const [draft, setDraft] = useState<RuleSet | undefined>();
  const rules = draft ?? data?.rules;
  const change = (kind: RuleKind, list: Rule[]) => rules && setDraft({ ...rules, [kind]: list });
  return (
    <PageFrame>
      {failure && <FailureNote failure={failure} what={t('rule.all', 'The tag rules')} retry={reload} />}
      {quality.data ? <Sentence quality={quality.data} /> : !failure && <Skeleton height={72} />}
      {quality.failure && (
        <FailureNote failure={quality.failure} what={t('rule.quality', 'What is missing')} retry={quality.reload} />
      )}
      {draft && data && (
        <DraftBar
          draft={draft}
          version={data.version}
          onDiscard={() => setDraft(undefined)}
          onSaved={() => {
            setDraft(undefined);
            setSaves((count) => count + 1);
          }}
        />
      )}
      {quality.data && <MissingTables quality={quality.data} />}
      {!data && !failure && <Skeleton height={320} />}
      {data &&
        rules &&
        ruleKinds.map((kind) => (
          <RuleList
            key={kind}
            kind={kind}
            rules={rules[kind]}
            fixed={data.file[kind]}
            expired={kind === 'exceptions' ? data.expired : []}
            mayWrite={may('tags:write')}
            onChange={(list) => change(kind, list)}
          />
        ))}
    </PageFrame>
  );
}

function Sentence({ quality: { overall, currency, violations } }: { quality: Quality }) {
  const team = overall.find(({ tag }) => tag === 'x_Team') ?? overall[0];
  if (team?.share === undefined) return null;
  const text = t('rule.said', '{{share}} of the spend of the last 30 days has no {{tag}}: {{amount}}.', {
    share: formatShare(team.share),
    tag: team.tag === 'x_Team' ? t('rule.owner', 'owner') : team.tag,
    amount: formatMoney(team.missing, currency),
  });
  const more =
    violations.length === 0
      ? ''
      : ` ${t('rule.said-violations', '{{count}} values are not allowed.', { count: violations.length })}`;
  return <TopSentence>{text + more}</TopSentence>;
}
