// Jira Service Management's operations, the successor of Opsgenie: its integration events are Opsgenie's alerts.
// https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v1/api-group-integration-events
import { genieChannel } from "./opsgenie.ts";

export const jsm = genieChannel("jsm", "https://api.atlassian.com/jsm/ops/integration");
