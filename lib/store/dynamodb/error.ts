// What DynamoDB's errors mean for a person: what is wrong and what to do; never a credential.
import { StoreConflict, StoreError } from "../port.ts";
import { DUE_INDEX, TABLE, TTL_ATTRIBUTE } from "./table.ts";

const CREDENTIALS =
  "cannot be used: AWS refuses the credentials. Check AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and that they have not expired";
const UNREACHABLE = "cannot be reached. Check store.region, store.endpoint and the network";
const THROTTLED = "is throttled by AWS, still after several tries. Raise its throughput limits; nothing is lost";

const REASONS: Record<string, string> = {
  AccessDeniedException:
    "cannot be used: AWS denies access. Allow dynamodb:GetItem, BatchGetItem, Query, PutItem, UpdateItem, DeleteItem and " +
    `ConditionCheckItem on the table and its index ${DUE_INDEX}`,
  CredentialsProviderError: CREDENTIALS,
  ExpiredTokenException: CREDENTIALS,
  IncompleteSignatureException: CREDENTIALS,
  InvalidSignatureException: CREDENTIALS,
  MissingAuthenticationTokenException: CREDENTIALS,
  UnrecognizedClientException: CREDENTIALS,
  ProvisionedThroughputExceededException: THROTTLED,
  RequestLimitExceeded: THROTTLED,
  ThrottlingException: THROTTLED,
  TimeoutError: UNREACHABLE,
};

/** Errors of a request that found another transaction at work on its rows: worth another try. */
export function isContention(error: unknown): boolean {
  const name = (error as Error).name;
  return name === "TransactionConflictException" || name === "TransactionInProgressException";
}

/** For a commit that AWS throttled to the last try. */
export function throttled(table: string): StoreError {
  return new StoreError(`the DynamoDB table ${table} ${THROTTLED}`);
}

/** What is thrown instead of an error of the SDK or the network. */
export function explain(error: unknown, table: string): unknown {
  if (error instanceof StoreError || error instanceof StoreConflict || error instanceof TypeError) return error;
  if (!(error instanceof Error)) return error;
  if (error.name === "ResourceNotFoundException") return new StoreError(missing(table), { cause: error });
  const network = "code" in error && typeof error.code === "string" ? UNREACHABLE : undefined;
  const reason = REASONS[error.name] ?? network ?? "cannot be used";
  return new StoreError(`the DynamoDB table ${table} ${reason} (${error.name}: ${error.message})`, { cause: error });
}

function missing(table: string): string {
  const definition = JSON.stringify({ TableName: table, ...TABLE });
  return (
    `the DynamoDB table ${table} does not exist in this region and account. Check store.table and store.region, ` +
    "deploy Lookout there, or make the table:\n" +
    `  aws dynamodb create-table --cli-input-json '${definition}'\n` +
    `  aws dynamodb update-time-to-live --table-name ${table} ` +
    `--time-to-live-specification Enabled=true,AttributeName=${TTL_ATTRIBUTE}`
  );
}
