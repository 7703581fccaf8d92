"""Mends ministack where its Route 53 differs from AWS in what changing records is about, its CloudFormation in conditions, in
permissions boundaries and in keys of KMS, and its S3 in whose a bucket is.

Each function names the AWS behaviour it brings. The version of ministack is pinned, so what is replaced here is known.
"""

import ministack_iam_mends
from ministack.services import dynamodb, iam, lambda_svc, route53, s3
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

RECORDS, CHARACTERS = 1000, 32000


def mend():
    write_names_as_route53_does()
    order_names_by_their_text()
    refuse_batches_with_all_reasons()
    list_zones_of_a_vpc_whoever_owns_them()
    join_in_conditions()
    keep_boundaries_of_roles()
    keep_keys_of_functions_and_tables()
    refuse_buckets_of_another_owner()
    leave_sessions_in_foreign_buckets_to_iam()
    ministack_iam_mends.mend()


def write_names_as_route53_does():
    """Names are in lower case, and a wildcard is shown as \\052; ministack keeps them as they came."""
    normalise = route53._normalise_name
    route53._normalise_name = lambda name: normalise(name).lower().replace("*", "\\052")


def order_names_by_their_text():
    """Names are in the order of their reversed labels as one text that ends in a dot, in which `-` is before it;
    ministack compares label by label."""
    labels = route53._name_sort_key
    route53._name_sort_key = lambda name: ".".join([*labels(name), ""]).replace("\\052", "*")


def refuse_batches_with_all_reasons():
    """A batch that cannot be applied is refused with all its reasons in brackets, and limits, names, conflicts and texts are
    reasons too; ministack names the first that it finds in its own words, and knows only what is there and what not."""
    change = route53._change_resource_record_sets

    def change_resource_record_sets(zone_id, body):
        zone, root = route53._zones.get(zone_id), route53._parse_body(body)
        if zone and root is not None:
            asked = [element for element in root.iter() if element.tag.split("}")[-1] == "Change"]
            record_set = [route53._parse_record_set(route53._find(element, "ResourceRecordSet")) for element in asked]
            changes = list(zip([route53._text(element, "Action") for element in asked], record_set))
            reasons = beyond_limits(changes) or reasons_against(zone["name"], route53._records[zone_id], changes)
            if reasons:
                return route53._error_response("InvalidChangeBatch", f"[{', '.join(reasons)}]")
        return change(zone_id, body)

    route53._change_resource_record_sets = change_resource_record_sets


def list_zones_of_a_vpc_whoever_owns_them():
    """Whoever has a VPC is told of every private zone that it sees, with the account of each; ministack tells of the caller's
    own zones only."""
    lock, zones = route53._lock, route53._zones
    list_own = route53._list_hosted_zones_by_vpc

    def list_hosted_zones_by_vpc(query_params):
        first = {name: value[0] if isinstance(value, list) else value for name, value in query_params.items()}
        target = {"VPCId": first.get("vpcid"), "VPCRegion": first.get("vpcregion")}
        with lock:
            found = [(zone["id"], owner, zone) for (owner, _), zone in zones._data.items()]
        found = sorted(it for it in found if route53._zone_has_vpc(it[2], target) and it[0] >= first.get("nexttoken", ""))
        if all(owner == route53.get_account_id() for _, owner, _ in found):
            return list_own(query_params)
        size = int(first.get("maxitems") or 100)

        def build(root):
            summaries = route53.SubElement(root, "HostedZoneSummaries")
            for id, owner, zone in found[:size]:
                item = route53.SubElement(summaries, "HostedZoneSummary")
                route53.SubElement(item, "HostedZoneId").text = id
                route53.SubElement(item, "Name").text = zone["name"]
                route53.SubElement(route53.SubElement(item, "Owner"), "OwningAccount").text = owner
            route53.SubElement(root, "MaxItems").text = str(size)
            if found[size:]:
                route53.SubElement(root, "NextToken").text = found[size][0]

        return route53._xml_response("ListHostedZonesByVPCResponse", build)

    route53._list_hosted_zones_by_vpc = list_hosted_zones_by_vpc


def beyond_limits(changes):
    """An UPSERT counts twice."""
    values = [value for action, it in changes for value in it.get("ResourceRecords", []) * (1 + (action == "UPSERT"))]
    sizes = [("Number of records", len(values), RECORDS), ("RDATA character", sum(map(len, values)), CHARACTERS)]
    return [f"{what} limit of {limit} exceeded." for what, size, limit in sizes if size > limit]


def reasons_against(zone, records, changes):
    present, reasons = {route53._rs_key(it): it for it in records}, []
    for action, it in changes:
        key, found = route53._rs_key(it), present.get(route53._rs_key(it))
        named = f"resource record set [name='{it['Name']}', type='{it['Type']}']"
        if action == "CREATE" and found:
            reasons.append(f"Tried to create {named} but it already exists")
        elif action == "DELETE" and not found:
            reasons.append(f"Tried to delete {named} but it was not found")
        elif action == "DELETE" and route53._rs_values(found) != route53._rs_values(it):
            reasons.append(f"Tried to delete {named} but the values provided do not match the current values")
        if action == "DELETE":
            present.pop(key, None)
        else:
            present[key] = it
            reasons += reasons_against_one(zone, it, {other[1] for other in present if other[0] == it["Name"]})
    return reasons


def reasons_against_one(zone, it, types):
    rrset = f"RRSet of type {it['Type']} with DNS name {it['Name']} is not permitted"
    if not f".{it['Name']}".endswith(f".{zone}"):
        yield f"RRSet with DNS name {it['Name']} is not permitted in zone {zone}"
    elif it["Type"] == "CNAME" and it["Name"] == zone:
        yield f"{rrset} at apex in zone {zone}"
    elif it["Type"] == "CNAME" and types != {"CNAME"}:
        yield f"{rrset} as it conflicts with other records with the same DNS name in zone {zone}"
    elif "CNAME" in types - {it["Type"]}:
        yield f"{rrset} because a conflicting RRSet of type CNAME with the same DNS name already exists in zone {zone}"
    for value in it.get("ResourceRecords", []) if it["Type"] == "TXT" else []:
        if not value.startswith('"'):
            yield f"Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with '{value}''"


def join_in_conditions():
    """A condition may ask whether a joined list is empty; to ministack, `Fn::Join` there equals nothing."""
    evaluate = engine._evaluate_conditions

    def evaluate_conditions(template, params):
        conditions = with_joined(template.get("Conditions", {}), params)
        return evaluate({**template, "Conditions": conditions}, params)

    for module in (changesets, engine, handlers, stacks):
        module._evaluate_conditions = evaluate_conditions


def with_joined(value, params):
    if isinstance(value, list):
        return [with_joined(it, params) for it in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Join" not in value:
        return {name: with_joined(it, params) for name, it in value.items()}
    by, items = value["Fn::Join"]
    # A list that is a parameter is one text here.
    items = params[items["Ref"]]["Value"].split(",") if isinstance(items, dict) else items
    return by.join(items)


def keep_boundaries_of_roles():
    """A role has the permissions boundary that its template names; ministack's CloudFormation drops it.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html"""

    def keep(name, role):
        iam._roles[name]["PermissionsBoundary"] = role.get("PermissionsBoundary")

    when_made("AWS::IAM::Role", keep)


def keep_keys_of_functions_and_tables():
    """A function and a table are encrypted by the key that their template names; ministack's CloudFormation drops it.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-function.html
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html"""

    def keep_of_function(name, function):
        lambda_svc._functions[name]["config"]["KMSKeyArn"] = function.get("KmsKeyArn", "")

    def keep_of_table(name, table):
        told = table.get("SSESpecification") or {}
        spec = {**told, "Enabled": told.get("SSEEnabled")} if told else None
        dynamodb._tables[name]["SSEDescription"] = dynamodb._sse_description_from_spec(spec)

    when_made("AWS::Lambda::Function", keep_of_function)
    when_made("AWS::DynamoDB::Table", keep_of_table)


def when_made(kind, keep):
    """Has CloudFormation do this, too, with the name and the properties of each resource of a type that it made or changed."""
    of_kind = provisioners._RESOURCE_HANDLERS[kind]

    def keeping(make, position):
        def made(*args, **kwargs):
            name, attributes = make(*args, **kwargs)
            keep(name, args[position])
            return name, attributes

        return made

    # Of the arguments, those that are the properties as they shall be.
    for action, position in (("create", 1), ("update", 2)):
        of_kind[action] = keeping(of_kind[action], position)


def refuse_buckets_of_another_owner():
    """A request that says whose bucket it expects is refused with 403 where the bucket is another account's; ministack does not
    read the header. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html"""
    answer = s3.handle_request

    async def handle_request(method, path, headers, body, query_params, *args, **kwargs):
        given = {name.lower(): value for name, value in headers.items()}
        bucket = s3._parse_bucket_key(path, headers)[0]
        expected = [(given.get("x-amz-expected-bucket-owner"), bucket)]
        source = given.get("x-amz-copy-source", "").lstrip("/").split("/")[0]
        expected.append((given.get("x-amz-source-expected-bucket-owner"), source))
        for account, name in expected:
            owner = s3._bucket_owner_account(name) if account else None
            if owner and owner != account:
                return s3._error("AccessDenied", "Access Denied", 403, path)
        return await answer(method, path, headers, body, query_params, *args, **kwargs)

    s3.handle_request = handle_request


def leave_sessions_in_foreign_buckets_to_iam():
    """Whether a session may use another account's bucket, IAM has said at the endpoint, by the policies of both; ministack is told of
    the session's account only, so that no condition on its role holds."""
    allows = s3._foreign_bucket_allows

    def foreign_bucket_allows(owner, bucket, key, method, query_params, caller, headers=None):
        names = {name.lower() for name in headers or {}}
        # Of a copy, IAM was asked about the target alone.
        is_judged = "x-local-judged" in names and "x-amz-copy-source" not in names
        return is_judged or allows(owner, bucket, key, method, query_params, caller, headers)

    s3._foreign_bucket_allows = foreign_bucket_allows
