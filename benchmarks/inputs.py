"""The benchmark's inputs, made from a mix of ordinary resources: nothing is downloaded, and every run has the same."""

import json


def resource(index):
    """One of eight kinds; names and references differ from one to the next."""
    first = index - index % 8
    return [
        {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain",
         "Properties": {"VersioningConfiguration": {"Status": "Enabled"}, "BucketName": {"Fn::Sub": f"data-{index}-${{AWS::AccountId}}"}}},
        {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain",
         "Properties": {"DeletionProtectionEnabled": True, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}},
        {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": f"p{index}", "Roles": [{"Ref": f"R{first + 3}"}], "PolicyDocument": {"Statement": [
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:List*"], "Resource": {"Fn::Join": ["", [{"Fn::GetAtt": [f"R{first}", "Arn"]}, "/*"]]}}]}}},
        {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}}},
        {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "python3.13", "Handler": "index.handler",
         "Role": {"Fn::GetAtt": [f"R{first + 3}", "Arn"]}, "Environment": {"Variables": {"TABLE": {"Ref": f"R{first + 1}"}}}}},
        {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "x", "SecurityGroupIngress": [
            {"CidrIp": "10.0.0.0/8", "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}]}},
        {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": {}},
        {"Type": "AWS::Logs::LogGroup", "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain", "Properties": {"RetentionInDays": 30}},
    ][index % 8]  # fmt: skip


def template(name, resources):
    """A template as CDK writes it: with a construct path on each resource."""
    bodies = {f"R{i}": resource(i) for i in range(resources)}
    return {"Resources": {i: {**b, "Metadata": {"aws:cdk:path": f"{name}/{i}/Resource"}} for i, b in bodies.items()}}


def assembly(folder, stacks, resources):
    """A cloud assembly; returns its template files."""
    folder.mkdir(parents=True)
    artifacts, files = {}, []
    for number in range(stacks):
        name = f"Stack{number}"
        file = folder / f"{name}.template.json"
        file.write_text(json.dumps(template(name, resources), indent=1))
        files.append(str(file))
        artifacts[name] = {
            "type": "aws:cloudformation:stack", "environment": "aws://222222222222/eu-west-1",
            "properties": {"templateFile": file.name, "terminationProtection": True}, "displayName": name,
            "metadata": {f"/{name}/R{i}/Resource": [{"type": "aws:cdk:logicalId", "data": f"R{i}"}] for i in range(resources)},
        }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps({"version": "55.0.0", "artifacts": artifacts}))
    return files


def pair(folder, resources):
    """Two templates of the same stack: every tenth resource is new, gone or changed in the second."""
    folder.mkdir(parents=True)
    before = template("Stack", resources)
    after = {"Resources": {}}
    for index, (logical_id, body) in enumerate(before["Resources"].items()):
        kind = index % 30
        if kind == 0:
            after["Resources"][f"N{index}"] = body
        elif kind == 10:
            after["Resources"][logical_id] = {
                **body,
                "Properties": {**body["Properties"], "Tags": [{"Key": "a", "Value": "b"}]},
            }
        elif kind != 20:
            after["Resources"][logical_id] = body
    files = [folder / "before.template.json", folder / "after.template.json"]
    for file, content in zip(files, (before, after), strict=True):
        file.write_text(json.dumps(content, indent=1))
    return [str(file) for file in files]
