"""Deploys what `serverless package` made to moto as the framework does: `deploy_template.py ENDPOINT FOLDER`. Prints
what AWS then says of the stack."""
import json
import pathlib
import sys
import urllib.request

import boto3

endpoint, folder = sys.argv[1], pathlib.Path(sys.argv[2])
STACK = "lookout-prod"
# What moto's CloudFormation does not know, and what refers to an alias.
UNKNOWN = ["AWS::S3::BucketPolicy", "AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Alias"]
UNKNOWN += ["AWS::Lambda::Permission", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Url"]


def client(service):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


# Nothing of another stack of the same name is left.
urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")).close()
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
    # Its rules want a name, not the bus.
    if one["Properties"].get("EventBusName") == {"Ref": "Bus"}:
        one["Properties"]["EventBusName"] = STACK
        one["DependsOn"].append("Bus")
template["Resources"] = known
# They name what is left out.
template.pop("Outputs", None)
cloudformation.update_stack(
    StackName=STACK, TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]
)
stack = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
resources = [one for page in pages for one in page["StackResourceSummaries"]]
kinds = [one["ResourceType"] for one in resources]
said = {
    "status": stack["StackStatus"],
    "table": {"deletionProtection": client("dynamodb").describe_table(TableName=STACK)["Table"]["DeletionProtectionEnabled"]},
    "functions": [one["FunctionName"] for one in client("lambda").list_functions()["Functions"]],
    "roles": kinds.count("AWS::IAM::Role"),
    "queues": kinds.count("AWS::SQS::Queue"),
}
json.dump(said, sys.stdout)
