// What the bus needs of the EventBridge client, so that a bundle holds no more of it.
export { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
