import type { Platform } from '../platform/platform.ts';
import * as alerts from './alert-repository.ts';
import type { Budget } from './budget.ts';
import { findBudget, insertEvent } from './budget-repository.ts';
import { isQuiet } from './quiet.ts';
import { listStates } from './state-repository.ts';

type Ground = Pick<Platform, 'clock' | 'store' | 'notifier'>;

const batch = 50;
const maxBatches = 20;
const maxAttempts = 8;
const minuteMs = 60_000;
/** Somebody who took a notice up and died lets go of it after this. */
const leaseMs = 5 * minuteMs;

/** Sends what people are to be told, when they may be told it. A notice outlives a restart and an outage of its receiver. */
export class Messenger {
  readonly #ground: Ground;

  constructor(ground: Ground) {
    this.#ground = ground;
  }

  /** Sends everything that is due. */
  async send(signal?: AbortSignal): Promise<void> {
    const { store, clock } = this.#ground;
    for (let turn = 0; turn < maxBatches && !signal?.aborted; turn++) {
      const now = clock.now();
      const notices = await alerts.takeNotices(store, now, new Date(now.getTime() + leaseMs), batch);
      for (const notice of notices) await this.#one(notice);
      if (notices.length < batch) return;
    }
  }

  async #one(notice: alerts.NoticeRow): Promise<void> {
    const { store, clock } = this.#ground;
    const now = clock.now();
    const budget = await findBudget(store, notice.tenant, notice.budgetId);
    const isNews = notice.notification.event === 'trigger';
    // The alert may have been told or have ended since the notice was written.
    const { told, firing } = await alerts.findAlert(store, notice.alertId);
    if (isNews ? !firing : !told) return this.#drop(notice, 'it was over before anybody was told of it');
    if (notice.channels.length === 0) return this.#drop(notice, 'the budget names nobody who is to be told');
    const held = budget && isNews ? await this.#heldBy(budget, now) : undefined;
    if (held !== undefined) return this.#hold(notice, held, now);
    await this.#deliver(notice, now);
  }

  async #deliver(notice: alerts.NoticeRow, now: Date): Promise<void> {
    const { store, notifier } = this.#ground;
    const deliveries = await notifier.send(notice.notification, notice.channels);
    const failed = deliveries.filter(({ ok }) => !ok);
    const reached = deliveries.filter(({ ok }) => ok).map(({ channel }) => channel);
    const isNews = notice.notification.event === 'trigger';
    if (isNews && reached.length > 0) await alerts.setTold(store, notice.alertId, true);
    if (reached.length > 0)
      await this.#note(notice, 'sent', `${notice.notification.title}: sent to ${reached.join(', ')}.`);
    if (failed.length === 0) {
      if (!isNews) await alerts.setTold(store, notice.alertId, false);
      return alerts.finishNotice(store, notice.id, 'sent', now);
    }
    const names = failed.map(({ channel }) => channel);
    if (notice.attempts + 1 >= maxAttempts) {
      const details = failed.map(({ channel, detail }) => `${channel}: ${detail}`).join('; ');
      await this.#note(notice, 'failed', `${notice.notification.title}: not delivered, ${details}`);
      return alerts.finishNotice(store, notice.id, 'failed', now);
    }
    const pause = Math.min(2 ** notice.attempts, 60) * minuteMs;
    await alerts.retryNotice(store, notice.id, names, new Date(now.getTime() + pause));
  }

  /** Why nobody is to be told now, or undefined. The end of what people know of is always told. */
  async #heldBy(budget: Budget, now: Date): Promise<string | undefined> {
    const { snooze } = (await listStates(this.#ground.store, budget.tenant)).get(budget.id) ?? {};
    if (snooze && snooze.until > now) return 'the budget is snoozed';
    if (isQuiet(budget.settings.quiet, budget.settings.timeZone, now.getTime())) return 'it is a quiet time';
    return undefined;
  }

  async #hold(notice: alerts.NoticeRow, why: string, now: Date): Promise<void> {
    if (notice.held !== why) await this.#note(notice, 'held', `${notice.notification.title}: kept, as ${why}.`);
    await alerts.holdNotice(this.#ground.store, notice.id, why, new Date(now.getTime() + minuteMs));
  }

  async #drop(notice: alerts.NoticeRow, why: string): Promise<void> {
    const { store, clock } = this.#ground;
    await this.#note(notice, 'dropped', `${notice.notification.title}: not sent, ${why}.`);
    await alerts.finishNotice(store, notice.id, 'dropped', clock.now());
  }

  async #note(notice: alerts.NoticeRow, kind: string, text: string): Promise<void> {
    const { store, clock } = this.#ground;
    await insertEvent(store, { tenant: notice.tenant, id: notice.budgetId }, { kind, text, at: clock.now() });
  }
}
