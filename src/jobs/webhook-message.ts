/** What is queued for webhooks. @module */

/** What happens to whom it concerns: names as the Standard Webhooks have them. */
export type WebhookEvent = 'job.finished' | 'study.finished';

/** Its content is read from the job's row when it is delivered. */
export interface WebhookMessage {
  readonly webhookId: string;
  readonly event: WebhookEvent;
  readonly jobId: string;
}
