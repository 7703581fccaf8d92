//! The name of the API operation that a request asks for, and the protocol that it speaks.

use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderMap};

/// How a service's requests and errors are written on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Form in, XML out, with EC2's own error shape.
    Ec2Query,
    /// Form in, XML out.
    Query,
    /// JSON with `X-Amz-Target`; the content type tells the version.
    Json(String),
    /// REST with JSON bodies.
    RestJson,
    /// REST with XML bodies, errors wrapped in `ErrorResponse`.
    RestXml,
    /// REST with XML bodies and S3's bare errors.
    S3,
    /// Smithy RPC version 2, in CBOR.
    Cbor,
}

/// What a request asks for, as far as naming its operation needs it.
pub(crate) struct Asked<'a> {
    pub(crate) service: &'a str,
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

impl Asked<'_> {
    /// The protocol, told from the request rather than from a list of services.
    pub(crate) fn protocol(&self) -> Protocol {
        if self.header("x-amz-target").is_some() {
            let version = self.header(CONTENT_TYPE.as_str()).unwrap_or("application/x-amz-json-1.1");
            return Protocol::Json(version.to_owned());
        }
        if self.cbor_operation().is_some() {
            return Protocol::Cbor;
        }
        match self.service {
            "s3" => Protocol::S3,
            "route53" | "cloudfront" => Protocol::RestXml,
            "ec2" => Protocol::Ec2Query,
            _ if self.action().is_some() => Protocol::Query,
            _ => Protocol::RestJson,
        }
    }

    /// The operation by its API name; a REST call that no table below knows is its method and path.
    pub(crate) fn operation(&self) -> String {
        if let Some(target) = self.header("x-amz-target") {
            return target.rsplit('.').next().unwrap_or(target).to_owned();
        }
        if let Some(operation) = self.cbor_operation() {
            return operation.to_owned();
        }
        let named = match self.service {
            "s3" => Some(self.s3_operation()),
            "route53" => self.find_in(&ROUTE53),
            "lambda" if self.has("List") => Some("ListProvisionedConcurrencyConfigs".into()),
            "lambda" => self.find_in(&LAMBDA),
            "access-analyzer" => self.find_in(&ACCESS_ANALYZER),
            _ => self.action(),
        };
        named.unwrap_or_else(|| format!("{} {}", self.method, self.path))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn cbor_operation(&self) -> Option<&str> {
        self.header("smithy-protocol")?;
        self.path.rsplit_once("/operation/").map(|(_, operation)| operation)
    }

    /// The `Action` parameter of a query protocol, in the form or in the URL.
    fn action(&self) -> Option<String> {
        let named = |text: &[u8]| {
            form_urlencoded::parse(text).find(|(name, _)| name == "Action").map(|(_, value)| value.into_owned())
        };
        named(self.body).or_else(|| named(self.query.as_bytes()))
    }

    fn has(&self, parameter: &str) -> bool {
        form_urlencoded::parse(self.query.as_bytes()).any(|(name, _)| name == parameter)
    }

    fn find_in(&self, table: &[(&str, &str, &str)]) -> Option<String> {
        let found =
            table.iter().find(|(method, pattern, _)| self.method.as_str() == *method && is_like(self.path, pattern));
        found.map(|(_, _, operation)| (*operation).to_owned())
    }

    fn s3_operation(&self) -> String {
        let path = self.path.trim_start_matches('/');
        match path.split_once('/') {
            Some((_, key)) if !key.is_empty() => self.object_operation(),
            _ if path.is_empty() => "ListBuckets".into(),
            _ => self.bucket_operation(),
        }
    }

    fn bucket_operation(&self) -> String {
        let listed =
            [("uploads", "ListMultipartUploads"), ("versions", "ListObjectVersions"), ("delete", "DeleteObjects")];
        if let Some((_, operation)) = listed.iter().find(|(parameter, _)| self.has(parameter)) {
            return (*operation).into();
        }
        if let Some((_, noun)) = BUCKET_PARTS.iter().find(|(parameter, _)| self.has(parameter)) {
            return format!("{}{noun}", verb(self.method));
        }
        match self.method.as_str() {
            "GET" if self.has("list-type") => "ListObjectsV2",
            "GET" => "ListObjects",
            "PUT" => "CreateBucket",
            "HEAD" => "HeadBucket",
            _ => "DeleteBucket",
        }
        .into()
    }

    fn object_operation(&self) -> String {
        let upload = self.has("uploadId");
        match (self.method.as_str(), upload) {
            ("PUT", true) => "UploadPart".into(),
            ("POST", true) => "CompleteMultipartUpload".into(),
            ("DELETE", true) => "AbortMultipartUpload".into(),
            ("GET", true) => "ListParts".into(),
            ("POST", false) if self.has("uploads") => "CreateMultipartUpload".into(),
            ("PUT", false) if self.headers.contains_key("x-amz-copy-source") => "CopyObject".into(),
            (_, false) if self.has("tagging") => format!("{}ObjectTagging", verb(self.method)),
            (_, false) if self.has("acl") => format!("{}ObjectAcl", verb(self.method)),
            _ => format!("{}Object", verb(self.method)),
        }
    }
}

fn verb(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "Get",
        "HEAD" => "Head",
        "DELETE" => "Delete",
        "POST" => "Post",
        _ => "Put",
    }
}

/// Whether a path has the segments of a pattern, in which `*` is any one segment.
fn is_like(path: &str, pattern: &str) -> bool {
    let segments = |text: &str| text.trim_matches('/').split('/').map(str::to_owned).collect::<Vec<_>>();
    let (path, pattern) = (segments(path), segments(pattern));
    path.len() == pattern.len() && path.iter().zip(&pattern).all(|(part, like)| like == "*" || part == like)
}

const BUCKET_PARTS: [(&str, &str); 14] = [
    ("acl", "BucketAcl"),
    ("cors", "BucketCors"),
    ("encryption", "BucketEncryption"),
    ("lifecycle", "BucketLifecycleConfiguration"),
    ("location", "BucketLocation"),
    ("logging", "BucketLogging"),
    ("notification", "BucketNotificationConfiguration"),
    ("object-lock", "ObjectLockConfiguration"),
    ("ownershipControls", "BucketOwnershipControls"),
    ("policy", "BucketPolicy"),
    ("publicAccessBlock", "PublicAccessBlock"),
    ("replication", "BucketReplication"),
    ("tagging", "BucketTagging"),
    ("versioning", "BucketVersioning"),
];

const ROUTE53: [(&str, &str, &str); 8] = [
    ("POST", "2013-04-01/hostedzone", "CreateHostedZone"),
    ("GET", "2013-04-01/hostedzone", "ListHostedZones"),
    ("GET", "2013-04-01/hostedzonesbyvpc", "ListHostedZonesByVPC"),
    ("GET", "2013-04-01/hostedzone/*", "GetHostedZone"),
    ("POST", "2013-04-01/hostedzone/*/associatevpc", "AssociateVPCWithHostedZone"),
    ("POST", "2013-04-01/hostedzone/*/rrset", "ChangeResourceRecordSets"),
    ("GET", "2013-04-01/hostedzone/*/rrset", "ListResourceRecordSets"),
    ("GET", "2013-04-01/change/*", "GetChange"),
];

const ACCESS_ANALYZER: [(&str, &str, &str); 1] = [("POST", "policy/validation", "ValidatePolicy")];

const LAMBDA: [(&str, &str, &str); 25] = [
    ("POST", "2015-03-31/functions", "CreateFunction"),
    ("GET", "2015-03-31/functions", "ListFunctions"),
    ("GET", "2015-03-31/functions/*", "GetFunction"),
    ("DELETE", "2015-03-31/functions/*", "DeleteFunction"),
    ("POST", "2015-03-31/functions/*/invocations", "Invoke"),
    ("GET", "2015-03-31/functions/*/configuration", "GetFunctionConfiguration"),
    ("PUT", "2015-03-31/functions/*/configuration", "UpdateFunctionConfiguration"),
    ("PUT", "2015-03-31/functions/*/code", "UpdateFunctionCode"),
    ("POST", "2015-03-31/functions/*/versions", "PublishVersion"),
    ("GET", "2015-03-31/functions/*/versions", "ListVersionsByFunction"),
    ("POST", "2015-03-31/functions/*/aliases", "CreateAlias"),
    ("GET", "2015-03-31/functions/*/aliases/*", "GetAlias"),
    ("PUT", "2015-03-31/functions/*/aliases/*", "UpdateAlias"),
    ("GET", "2015-03-31/functions/*/aliases", "ListAliases"),
    ("DELETE", "2015-03-31/functions/*/aliases/*", "DeleteAlias"),
    ("PUT", "2019-09-30/functions/*/provisioned-concurrency", "PutProvisionedConcurrencyConfig"),
    ("GET", "2019-09-30/functions/*/provisioned-concurrency", "GetProvisionedConcurrencyConfig"),
    ("DELETE", "2019-09-30/functions/*/provisioned-concurrency", "DeleteProvisionedConcurrencyConfig"),
    ("GET", "2017-03-31/tags/*", "ListTags"),
    ("POST", "2017-03-31/tags/*", "TagResource"),
    ("DELETE", "2017-03-31/tags/*", "UntagResource"),
    ("POST", "2015-03-31/functions/*/policy", "AddPermission"),
    ("GET", "2015-03-31/functions/*/policy", "GetPolicy"),
    ("PUT", "2019-09-25/functions/*/event-invoke-config", "PutFunctionEventInvokeConfig"),
    ("GET", "2019-09-25/functions/*/event-invoke-config", "GetFunctionEventInvokeConfig"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn name(service: &str, method: &str, uri: &str, body: &str) -> String {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let method = method.parse().unwrap();
        let asked = Asked { service, method: &method, path, query, headers: &HeaderMap::new(), body: body.as_bytes() };
        asked.operation()
    }

    #[test]
    fn query_services_name_the_operation_in_the_form() {
        assert_eq!(name("ec2", "POST", "/", "Action=DescribeImages&Version=2016-11-15"), "DescribeImages");
        assert_eq!(name("sts", "GET", "/?Action=GetCallerIdentity", ""), "GetCallerIdentity");
    }

    #[test]
    fn rest_services_name_it_by_method_and_path() {
        for (expected, method, uri) in [
            ("ListBuckets", "GET", "/"),
            ("CreateBucket", "PUT", "/bucket"),
            ("CreateBucket", "PUT", "/bucket/"),
            ("ListObjectsV2", "GET", "/bucket?list-type=2"),
            ("PutBucketPolicy", "PUT", "/bucket?policy"),
            ("GetBucketPolicy", "GET", "/bucket?policy="),
            ("HeadObject", "HEAD", "/bucket/a/b"),
            ("GetObject", "GET", "/bucket/key?x-id=GetObject"),
            ("PutObject", "PUT", "/bucket/key?x-id=PutObject"),
            ("UploadPart", "PUT", "/bucket/key?partNumber=1&uploadId=2"),
        ] {
            assert_eq!(name("s3", method, uri, ""), expected, "{method} {uri}");
        }
        assert_eq!(name("access-analyzer", "POST", "/policy/validation?nextToken=2", "{}"), "ValidatePolicy");
        assert_eq!(name("lambda", "POST", "/2015-03-31/functions/f/invocations", ""), "Invoke");
        for (expected, method, path) in [
            ("CreateHostedZone", "POST", "hostedzone"),
            ("ListHostedZones", "GET", "hostedzone"),
            ("ListHostedZonesByVPC", "GET", "hostedzonesbyvpc?vpcid=vpc-1&vpcregion=eu-west-1"),
            ("GetHostedZone", "GET", "hostedzone/Z1"),
            ("AssociateVPCWithHostedZone", "POST", "hostedzone/Z1/associatevpc"),
            ("ChangeResourceRecordSets", "POST", "hostedzone/Z1/rrset/"),
            ("ListResourceRecordSets", "GET", "hostedzone/Z1/rrset?name=a.example.com&maxitems=2"),
        ] {
            assert_eq!(name("route53", method, &format!("/2013-04-01/{path}"), ""), expected, "{method} {path}");
        }
        assert_eq!(name("xray", "POST", "/TraceSegments", ""), "POST /TraceSegments");
    }

    #[test]
    fn json_and_cbor_services_name_it_in_a_header_or_the_path() {
        let post = Method::POST;
        let mut headers = HeaderMap::new();
        headers.insert("x-amz-target", "DynamoDB_20120810.PutItem".parse().unwrap());
        let asked = Asked { service: "dynamodb", method: &post, path: "/", query: "", headers: &headers, body: b"{}" };
        assert_eq!(
            (asked.operation().as_str(), asked.protocol()),
            ("PutItem", Protocol::Json("application/x-amz-json-1.1".into()))
        );
        let mut headers = HeaderMap::new();
        headers.insert("smithy-protocol", "rpc-v2-cbor".parse().unwrap());
        let path = "/service/GraniteServiceVersion20100801/operation/PutMetricData";
        let asked = Asked { service: "monitoring", method: &post, path, query: "", headers: &headers, body: b"" };
        assert_eq!((asked.operation().as_str(), asked.protocol()), ("PutMetricData", Protocol::Cbor));
    }
}
