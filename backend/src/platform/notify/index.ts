export type { Delivery, Notification, Notifier, Severity } from './contract.ts';
export { createNotifier, type NotifierOptions } from './notifier.ts';
export { defineNotifyJob, type Outbox } from './notify-job.ts';
