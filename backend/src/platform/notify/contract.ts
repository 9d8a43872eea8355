export type Severity = 'info' | 'warning' | 'error' | 'critical';

/** What people are told, independent of the channel. */
export interface Notification {
  /** One sentence with the number in it. */
  title: string;
  text?: string;
  severity: Severity;
  /** Name and value pairs shown as a small table. */
  fields?: Readonly<Record<string, string>>;
  /** Link to the page or graph. */
  url?: string;
  /** What a person may want to do next, e.g. undo it: a page that asks before anything is done. */
  links?: readonly { label: string; url: string }[];
  /** Files that go with an e-mail; the other channels take none, so that `url` should lead to them. */
  attachments?: readonly Attachment[];
  /** Equal keys are one incident: PagerDuty's dedup_key, an e-mail's thread. */
  dedupKey: string;
  /** `resolve` closes the incident of that key. */
  event: 'trigger' | 'acknowledge' | 'resolve';
}

export interface Attachment {
  fileName: string;
  contentType: string;
  content: Buffer;
}

export interface Delivery {
  channel: string;
  ok: boolean;
  attempts: number;
  /** What the receiver answered, without secrets. */
  detail: string;
}

export interface Notifier {
  /** Names of the configured channels. */
  readonly channels: readonly string[];
  /** Sends to the named channels (all by default). Never throws: what failed stands in the deliveries and the metrics. */
  send(notification: Notification, channels?: readonly string[]): Promise<Delivery[]>;
}
