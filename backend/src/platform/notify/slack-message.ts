import type { Notification } from './contract.ts';
import { mark } from './severity-mark.ts';
import { fit, oneLine, webLink } from './text-limits.ts';

/** What an incoming webhook of Slack takes (https://docs.slack.dev/reference/block-kit/blocks). */
export interface SlackMessage {
  /** Shown in the list of notifications and read by screen readers. */
  text: string;
  blocks: SlackBlock[];
}

export type SlackBlock =
  | { type: 'header'; text: { type: 'plain_text'; text: string; emoji: true } }
  | { type: 'section'; text?: SlackText; fields?: SlackText[] }
  | { type: 'actions'; elements: SlackButton[] };

/** A button that opens an address; Slack wants an `action_id` besides, and nobody has to answer it. */
interface SlackButton {
  type: 'button';
  text: { type: 'plain_text'; text: string; emoji: true };
  url: string;
  action_id: string;
}

interface SlackText {
  type: 'mrkdwn';
  text: string;
  /** Names of people and channels in the text are not turned into mentions. */
  verbatim: true;
}

const limits = {
  header: 150,
  section: 3000,
  field: 2000,
  fieldsPerSection: 10,
  fieldSections: 4,
  fallback: 3000,
  buttons: 25,
  button: 75,
  buttonUrl: 3000,
};

/** Block Kit payload within Slack's limits. Marks are signs and not words, since title and text come translated. */
export function slackMessage(notification: Notification): SlackMessage {
  const title = `${mark(notification)} ${oneLine(notification.title) || notification.dedupKey}`;
  const blocks: SlackBlock[] = [
    { type: 'header', text: { type: 'plain_text', text: fit(title, limits.header), emoji: true } },
  ];
  const text = notification.text?.trim();
  if (text) blocks.push({ type: 'section', text: markdown(fit(text, limits.section, escapeCharacter)) });
  blocks.push(...fieldSections(Object.entries(notification.fields ?? {})));
  const link = webLink(notification.url);
  if (link) blocks.push({ type: 'section', text: markdown(linkTo(link)) });
  const buttons = buttonsOf(notification.links ?? []);
  if (buttons.length > 0) blocks.push({ type: 'actions', elements: buttons });
  return { text: fit(title, limits.fallback, escapeCharacter), blocks };
}

function buttonsOf(links: NonNullable<Notification['links']>): SlackButton[] {
  return links
    .flatMap(({ label, url }) => {
      const address = webLink(url);
      const text = fit(oneLine(label), limits.button);
      return address === undefined || address.length > limits.buttonUrl || text === '' ? [] : [{ text, address }];
    })
    .slice(0, limits.buttons)
    .map(({ text, address }, index) => ({
      type: 'button',
      text: { type: 'plain_text', text, emoji: true },
      url: address,
      action_id: `open-${index}`,
    }));
}

function fieldSections(fields: readonly (readonly [string, string])[]): SlackBlock[] {
  const texts = fields.map(([name, value]) => {
    const label = `*${fit(oneLine(name), 200, escapeCharacter)}*\n`;
    return markdown(label + fit(value, limits.field - label.length, escapeCharacter));
  });
  const sections: SlackBlock[] = [];
  while (texts.length > 0 && sections.length < limits.fieldSections) {
    sections.push({ type: 'section', fields: texts.splice(0, limits.fieldsPerSection) });
  }
  if (texts.length > 0) sections.push({ type: 'section', text: markdown(`… +${texts.length}`) });
  return sections;
}

/** Slack's three control characters (https://docs.slack.dev/messaging/formatting-message-text#escaping). */
function escapeCharacter(character: string): string {
  if (character === '&') return '&amp;';
  if (character === '<') return '&lt;';
  return character === '>' ? '&gt;' : character;
}

function markdown(text: string): SlackText {
  return { type: 'mrkdwn', text, verbatim: true };
}

function linkTo(link: string): string {
  const target = link.replaceAll('|', '%7C').replaceAll('&', '&amp;').replaceAll('<', '%3C').replaceAll('>', '%3E');
  return target.length > limits.section - 20 ? new URL(link).origin : `<${target}|↗ ${new URL(link).host}>`;
}
