// The library: what a program may use of Lookout.

export { TimeIntervalError } from "./alerts/time-intervals/error.ts";
export { compileTimeInterval, type TimeInterval } from "./alerts/time-intervals/time-interval.ts";
export { verifyWebhook, type WebhookRequest, WebhookVerificationError } from "./channels/verify-webhook.ts";
export type { Alert, AlertStatus, Severity } from "./model/alert.ts";
export type { Pattern } from "./model/config.ts";
export type { Event, Labels, Level, Resource, SourceKind } from "./model/event.ts";
export type { Notification, NotifiedAlert, NotifyReason } from "./model/notification.ts";
export { createMatcher, InvalidPatternError } from "./patterns/matcher.ts";
