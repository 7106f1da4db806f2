"""Deploys what `serverless package` made to moto as the framework does: `deploy_template.py ENDPOINT FOLDER`. Prints the
resources that the stack then has, by logical id, and what AWS says of some of them."""
import json
import pathlib
import sys

import boto3

endpoint, folder = sys.argv[1], pathlib.Path(sys.argv[2])
STACK = "lookout-prod"
# What moto's CloudFormation does not know, and permissions, which are those of aliases.
UNKNOWN = ["AWS::S3::BucketPolicy", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Alias", "AWS::Lambda::Permission"]


def client(service):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


cloudformation, s3 = client("cloudformation"), client("s3")
cloudformation.create_stack(
    StackName=STACK, TemplateBody=(folder / "cloudformation-template-create-stack.json").read_text()
)
template = json.loads((folder / "cloudformation-template-update-stack.json").read_text())
bucket = cloudformation.describe_stack_resource(StackName=STACK, LogicalResourceId="ServerlessDeploymentBucket")
bucket = bucket["StackResourceDetail"]["PhysicalResourceId"]
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Lambda::Function":
        key = resource["Properties"]["Code"]["S3Key"]
        s3.put_object(Bucket=bucket, Key=key, Body=(folder / key.split("/")[-1]).read_bytes())
known = {id: one for id, one in template["Resources"].items() if one["Type"] not in UNKNOWN}
for one in known.values():
    waits_for = one.get("DependsOn", [])
    one["DependsOn"] = [id for id in ([waits_for] if isinstance(waits_for, str) else waits_for) if id in known]
template["Resources"] = known
cloudformation.update_stack(
    StackName=STACK, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
)
stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
resources = [one for page in pages for one in page["StackResourceSummaries"]]
dynamodb = client("dynamodb")
table = dynamodb.describe_table(TableName=STACK)["Table"]
backups = dynamodb.describe_continuous_backups(TableName=STACK)["ContinuousBackupsDescription"]
said = {
    "status": stack["StackStatus"],
    "resources": {one["LogicalResourceId"]: one["ResourceType"] for one in resources},
    "table": {
        "deletionProtection": table.get("DeletionProtectionEnabled"),
        "encryption": table.get("SSEDescription", {}).get("SSEType"),
        "recovery": backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
    },
    "functions": [one["FunctionName"] for one in client("lambda").list_functions()["Functions"]],
    "alarms": [one["AlarmName"] for one in client("cloudwatch").describe_alarms()["MetricAlarms"]],
}
json.dump(said, sys.stdout)
