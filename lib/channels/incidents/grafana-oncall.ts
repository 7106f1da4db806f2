// Grafana OnCall and IRM: one alert group each, by a formatted webhook under the alert's id.
// https://grafana.com/docs/oncall/latest/configure/integrations/references/webhook/
import * as z from "zod";
import { Address, postJson } from "../http/address.ts";
import { advised, strangersPage } from "../http/advice.ts";
import { notAccepted, refused } from "../http/answer.ts";
import { factsOf, incidentText, incidentTitle, oneByOne, onlyAlert, pageOf } from "../message/incident.ts";
import type { HttpChannel } from "../port.ts";

const Options = z.strictObject({ url: Address });

/** Its documents name no limits for texts; this much is read by people. */
const TITLE_CHARACTERS = 250;
const TEXT_CHARACTERS = 10_000;
const STATES = { firing: "alerting", resolved: "ok" } as const;

const LINK = 'check "url": it is the address shown with a Formatted Webhook integration, which must still be there';
const ADVICE: Readonly<Record<number, string>> = { 401: LINK, 403: LINK, 404: LINK, 405: LINK };

export const grafanaOncall: HttpChannel<z.infer<typeof Options>> = {
  type: "grafana-oncall",
  options: Options,
  incident: true,
  template: "words",
  concurrency: 8,
  split: oneByOne,
  render(notification, { url }, context) {
    const alert = onlyAlert(notification);
    if (!alert) return null;
    const page = pageOf(alert, context);
    return postJson(url, {
      alert_uid: alert.id,
      title: incidentTitle(alert, notification.test === true, context.words?.title, TITLE_CHARACTERS),
      state: STATES[alert.status],
      message: incidentText(notification, context, TEXT_CHARACTERS),
      ...(page ? { link_to_upstream_details: page } : {}),
      ...factsOf(alert, notification),
    });
  },
  classify(response, { now }) {
    if (response.status === 200) return strangersPage(response) ?? { kind: "delivered" };
    return advised(notAccepted(response) ?? refused(response, now), ADVICE[response.status]);
  },
};
