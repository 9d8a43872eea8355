import { t } from '../../i18n';
import type { RuleKind } from './rule-fields';

export function kindName(kind: RuleKind): string {
  const names: Record<RuleKind, string> = {
    required: t('rule.kind.required', 'Tags that must be there'),
    allowed: t('rule.kind.allowed', 'Values that are allowed'),
    infer: t('rule.kind.infer', 'What is inferred where a tag is missing'),
    exceptions: t('rule.kind.exceptions', 'Exceptions'),
    protect: t('rule.kind.protect', 'Personal data that is masked'),
  };
  return names[kind];
}

export function kindHelp(kind: RuleKind): string {
  const texts: Record<RuleKind, string> = {
    required: t('rule.kind.required-help', 'Lines without them count as not attributed, in every badge and report.'),
    allowed: t('rule.kind.allowed-help', 'Spellings become one value; others are shown as violations.'),
    infer: t('rule.kind.infer-help', 'From names, accounts and namespaces; the first rule that fits counts.'),
    exceptions: t('rule.kind.exceptions-help', 'Go before everything else, with a reason and, if wanted, an end.'),
    protect: t('rule.kind.protect-help', 'Before anything is kept; what was kept before is not changed.'),
  };
  return texts[kind];
}

/** A field or a value of one, as people call it. */
export function fieldName(name: string): string {
  const names: Record<string, string> = {
    name: t('budget.field.name', 'Name'),
    tag: t('rule.field.tag', 'Tag'),
    on: t('rule.field.tag', 'Tag'),
    values: t('rule.field.values', 'Values'),
    pattern: t('rule.field.pattern', 'Pattern'),
    synonyms: t('rule.field.synonyms', 'Other spellings'),
    foldCase: t('rule.field.fold', 'Ignore upper and lower case'),
    otherwise: t('rule.field.otherwise', 'Other values'),
    keep: t('rule.field.keep', 'keep, as a violation'),
    clear: t('rule.field.clear', 'count as missing'),
    set: t('rule.field.set', 'Sets'),
    from: t('rule.field.from', 'From'),
    value: t('rule.field.value', 'Value'),
    override: t('rule.field.override', 'Also where a tag says something else'),
    exempt: t('rule.field.exempt', 'Tags that need not be there'),
    reason: t('budget.reason', 'Reason'),
    expires: t('rule.field.expires', 'Holds until'),
    fields: t('rule.field.fields', 'Fields'),
    detect: t('rule.field.detect', 'What is looked for'),
    action: t('rule.field.action', 'What happens to it'),
    token: t('rule.field.token', 'a token: equal values stay equal'),
    mask: t('rule.field.mask', 'a mask: only the kind is left'),
    sources: t('rule.field.sources', 'Sources'),
    providers: t('rule.field.providers', 'Providers'),
    services: t('rule.field.services', 'Services'),
    accounts: t('rule.field.accounts', 'Accounts'),
    resources: t('rule.field.resources', 'Resources'),
    namespaces: t('rule.field.namespaces', 'Namespaces'),
    tags: t('rule.field.tags', 'Tags'),
    x_Team: t('unit.dim.team', 'Team'),
    x_Product: t('unit.dim.product', 'Product'),
    x_Customer: t('unit.dim.customer', 'Customer'),
    x_Feature: t('unit.dim.feature', 'Feature'),
    x_Environment: t('unit.dim.stage', 'Stage'),
    x_Model: t('unit.dim.model', 'Model'),
  };
  return names[name] ?? name;
}

export function fieldHelp(kind: RuleKind, name: string): string | undefined {
  const texts: Record<string, string> = {
    tag: t('rule.help.tag', 'x_Team, x_Product … or tag: and the name of a tag, e.g. tag:CostCenter'),
    on: t('rule.help.tag', 'x_Team, x_Product … or tag: and the name of a tag, e.g. tag:CostCenter'),
    from: t('rule.help.from', 'ResourceName, SubAccountName, x_Namespace, ServiceName … or tag: and a name'),
    pattern: t('rule.help.pattern', 'Regular expression, e.g. ^prod-([a-z]+)-'),
    value: t('rule.help.value', '$1 to $9 stand for the groups of the pattern'),
    detect: t('rule.help.detect', 'email, phone, card, iban, koreanId, apiKey; empty: the whole value'),
    fields: t('rule.help.fields', 'Names of fields, * stands for anything, e.g. *tag*, user'),
    synonyms: t('rule.help.synonyms', 'What stands there = what it should say'),
    expires: t('rule.help.expires', 'Last day; empty: for good'),
  };
  if (kind === 'exceptions' && name === 'set')
    return t('rule.help.set', 'x_Team = search, one a line; empty clears it');
  return texts[name];
}
