// The library: what a program may use of Lookout.

export { TimeIntervalError } from "./alerts/time-intervals/error.ts";
export { compileTimeInterval, type TimeInterval } from "./alerts/time-intervals/time-interval.ts";
export { verifyWebhook, type WebhookRequest, WebhookVerificationError } from "./channels/verify-webhook.ts";
export type { Alert, AlertStatus } from "./model/alert.ts";
export type { Pattern } from "./model/config.ts";
export type { Event, Labels, Resource } from "./model/event.ts";
export type { Notification, NotifiedAlert, NotifyReason } from "./model/notification.ts";
export type { Severity } from "./model/severity.ts";
export type { Level, SourceKind } from "./model/source-kinds.ts";
export { createMatcher, InvalidPatternError } from "./patterns/matcher.ts";
