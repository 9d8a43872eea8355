import { Badge, Button, Stack } from '@grafana/ui';
import { useState } from 'react';
import { DataTable } from '../../components/DataTable';
import { t } from '../../i18n';
import { Part } from '../PageFrame';
import { RuleForm } from './RuleForm';
import { ruleText, type Rule, type RuleKind } from './rule-fields';
import { kindHelp, kindName } from './rule-words';

interface Props {
  kind: RuleKind;
  rules: readonly Rule[];
  /** Kept in the configuration: they go first and are changed there. */
  fixed: readonly Rule[];
  /** Names of exceptions whose time is over. */
  expired: readonly string[];
  mayWrite: boolean;
  onChange: (rules: Rule[]) => void;
}

interface Listed {
  rule: Rule;
  /** Place among the rules that can be changed here; undefined for those of the configuration. */
  place?: number;
}

/** The rules of one kind, in the order in which they are asked. */
export function RuleList({ kind, rules, fixed, expired, mayWrite, onChange }: Props) {
  const [open, setOpen] = useState<{ place?: number } | undefined>();
  const rows: Listed[] = [...fixed.map((rule) => ({ rule })), ...rules.map((rule, place) => ({ rule, place }))];
  const done = (rule: Rule) => {
    const place = open?.place;
    onChange(place === undefined ? [...rules, rule] : rules.map((old, at) => (at === place ? rule : old)));
    setOpen(undefined);
  };
  const editing = open?.place === undefined ? undefined : rules[open.place];
  return (
    <Part
      title={kindName(kind)}
      aside={
        mayWrite && (
          <Button size="sm" variant="secondary" icon="plus" onClick={() => setOpen({})}>
            {t('rule.add', 'Add a rule')}
          </Button>
        )
      }
    >
      <p>{kindHelp(kind)}</p>
      {rows.length > 0 && (
        <DataTable
          name={kindName(kind)}
          columns={[
            { id: 'name', header: t('budget.field.name', 'Name'), value: ({ rule }) => rule.name },
            { id: 'says', header: t('rule.says', 'Says'), value: ({ rule }) => ruleText(kind, rule) },
            {
              id: 'act',
              header: t('rule.change', 'Change'),
              value: ({ place }) => (place === undefined ? t('price.source.yaml', 'Configuration') : ''),
              render: ({ rule, place }) => (
                <Stack direction="row" gap={1} alignItems="center">
                  {expired.includes(rule.name) && <Badge color="orange" text={t('rule.expired', 'over')} />}
                  {place === undefined ? (
                    <Badge color="blue" text={t('price.source.yaml', 'Configuration')} />
                  ) : (
                    mayWrite && (
                      <>
                        <Button
                          size="sm"
                          fill="text"
                          icon="pen"
                          aria-label={t('rule.edit', 'Edit {{name}}', { name: rule.name })}
                          onClick={() => setOpen({ place })}
                        />
                        <Button
                          size="sm"
                          fill="text"
                          icon="trash-alt"
                          aria-label={t('rule.remove', 'Remove {{name}}', { name: rule.name })}
                          onClick={() => onChange(rules.filter((_, at) => at !== place))}
                        />
                      </>
                    )
                  )}
                </Stack>
              ),
            },
          ]}
          rows={rows}
          rowKey={({ rule, place }) => `${place ?? 'file'}-${rule.name}`}
          empty=""
        />
      )}
      {open && <RuleForm kind={kind} rule={editing} onClose={() => setOpen(undefined)} onDone={done} />}
    </Part>
  );
}
