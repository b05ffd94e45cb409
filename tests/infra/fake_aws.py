"""As much of AWS, on a loopback port, as `fireside deploy` and Terraform's S3 backend ask for.

Requests say in their signature which service they are for. What an answer is, a test may change:
`account.answers["lambda account-settings"] = (403, ...)`.
"""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

ACCOUNT = "123456789012"


class FakeAws:
    """An account: its buckets and objects, and what its services answer."""

    def __init__(self):
        self.buckets = set()
        self.objects = {}
        self.arn = f"arn:aws:iam::{ACCOUNT}:user/ann"
        self.asked = []
        self.taken = set()
        self.lambda_limit = 1_000
        self.throttle = (10_000, 5_000)
        self.log_role = None
        self.distributions = 1
        self.plan = "PAID"
        self.versioning = "Enabled"
        self.throttled = 100
        self.broadcast_ms = 84.6
        self.alarms = []
        self.refused = {}
        self.answers = {}

    def __enter__(self):
        account = self

        class Handler(_Handler):
            aws = account

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def environ(self):
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ENDPOINT_URL_S3": self.url,
            "AWS_ENDPOINT_URL_STS": self.url,
            "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_REGION": "eu-central-1",
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }


class _Handler(BaseHTTPRequestHandler):
    aws = None
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def _handle(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        signed = re.search(
            r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", self.headers.get("Authorization", "")
        )
        service = signed[1] if signed else "s3"
        url = urlsplit(self.path)
        name = self._operation(service, url, body)
        self.aws.asked.append(f"{service} {name}")
        if service in self.aws.refused:
            self._error(service, 403, self.aws.refused[service])
        elif f"{service} {name}" in self.aws.answers:
            self._json(self.aws.answers[f"{service} {name}"](json.loads(body or b"{}")))
        else:
            getattr(self, f"_{service}")(name, url, body)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = _handle  # noqa: N815 - http.server's names

    def _operation(self, service, url, body):
        target = self.headers.get("X-Amz-Target")
        if target:
            return target.rpartition(".")[2]
        if service in {"sts", "iam"}:
            return parse_qs(body.decode())["Action"][0]
        return f"{self.command} {url.path}"

    # --- One method a service ---

    def _sts(self, _name, _url, _body):
        self._xml(
            "<GetCallerIdentityResponse><GetCallerIdentityResult>"
            f"<Arn>{self.aws.arn}</Arn><UserId>AIDA</UserId><Account>{ACCOUNT}</Account>"
            "</GetCallerIdentityResult></GetCallerIdentityResponse>"
        )

    def _iam(self, _name, _url, body):
        role = parse_qs(body.decode())["RoleName"][0]
        if role not in self.aws.taken:
            self._error("iam", 404, "NoSuchEntity")
            return
        self._xml(
            "<GetRoleResponse><GetRoleResult><Role><Path>/</Path>"
            f"<RoleName>{role}</RoleName><RoleId>x</RoleId><Arn>arn:aws:iam::1:role/x</Arn>"
            "<CreateDate>2026-01-01T00:00:00Z</CreateDate></Role></GetRoleResult></GetRoleResponse>"
        )

    def _lambda(self, name, url, _body):
        if name.rstrip("/").endswith("/account-settings"):
            limit = self.aws.lambda_limit
            self._json({"AccountLimit": {"ConcurrentExecutions": limit}, "AccountUsage": {}})
        elif url.path.rpartition("/")[2] in self.aws.taken:
            self._json({"Configuration": {}})
        else:
            self._error("lambda", 404, "ResourceNotFoundException")

    def _apigateway(self, name, _url, _body):
        if "/stages/" in name:
            self._json({"defaultRouteSettings": {"throttlingRateLimit": self.aws.throttled}})
            return
        rate, burst = self.aws.throttle
        answer = {"throttleSettings": {"rateLimit": rate, "burstLimit": burst}}
        if self.aws.log_role:
            answer["cloudwatchRoleArn"] = self.aws.log_role
        self._json(answer)

    def _cloudfront(self, _name, _url, _body):
        self._xml(
            "<DistributionList><Marker></Marker><MaxItems>100</MaxItems>"
            f"<IsTruncated>false</IsTruncated><Quantity>{self.aws.distributions}</Quantity>"
            "</DistributionList>"
        )

    def _freetier(self, _name, _url, _body):
        if self.aws.plan is None:  # as in an account that is older than the plans
            self._error("freetier", 400, "ResourceNotFoundException")
            return
        plan = {"accountPlanType": self.aws.plan, "accountPlanStatus": "ACTIVE"}
        self._json({"accountId": ACCOUNT} | plan)

    def _monitoring(self, name, _url, body):
        asked = json.loads(body)
        if name == "DescribeAlarms":
            names = asked.get("AlarmNames", self.aws.alarms)
            found = [{"AlarmName": alarm} for alarm in self.aws.alarms if alarm in names]
            self._json({"MetricAlarms": found})
        elif name == "SetAlarmState":
            assert asked["StateValue"] == "OK"
            self.aws.alarms.remove(asked["AlarmName"])
            self._json({})
        elif asked["MetricName"] == "FanOutMs":
            p99 = self.aws.broadcast_ms
            points = [] if p99 is None else [{"ExtendedStatistics": {"p99": p99}, "Timestamp": 0}]
            self._json({"Datapoints": points})
        else:
            total = {"MessageCount": 1_200, "ConnectCount": 40}[asked["MetricName"]]
            self._json({"Datapoints": [{"Sum": total, "Timestamp": 0}]})

    def _logs(self, _name, _url, _body):
        self._json({"events": []})

    def _acm(self, _name, _url, _body):
        self._error("acm", 400, "ResourceNotFoundException")

    def _dynamodb(self, _name, _url, body):
        table = json.loads(body)["TableName"]
        if table in self.aws.taken:
            self._json({"Table": {"TableName": table, "ItemCount": 17}})
        else:
            self._error("dynamodb", 400, "ResourceNotFoundException")

    def _s3(self, _name, url, body):
        bucket, _, key = unquote(url.path).lstrip("/").partition("/")
        query = parse_qs(url.query, keep_blank_values=True)
        if key:
            self._s3_object((bucket, key), body)
        elif "versioning" in query:
            self._xml(
                "<VersioningConfiguration>"
                f"<Status>{self.aws.versioning}</Status></VersioningConfiguration>"
            )
        elif self.command == "HEAD":
            known = bucket in self.aws.buckets or bucket in self.aws.taken
            self._reply(200 if known else 404, b"", {"x-amz-bucket-region": "eu-central-1"})
        else:
            prefix = query.get("prefix", [""])[0]
            keys = [k for b, k in self.aws.objects if b == bucket and k.startswith(prefix)]
            found = "".join(f"<Contents><Key>{k}</Key><Size>1</Size></Contents>" for k in keys)
            self._xml(
                f"<ListBucketResult><Name>{bucket}</Name><Prefix>{prefix}</Prefix>"
                f"<KeyCount>{len(keys)}</KeyCount><IsTruncated>false</IsTruncated>{found}"
                "</ListBucketResult>"
            )

    def _s3_object(self, key, body):
        objects = self.aws.objects
        match self.command:
            case "PUT":
                if self.headers.get("If-None-Match") == "*" and key in objects:
                    self._error("s3", 412, "PreconditionFailed")
                    return
                if "aws-chunked" in self.headers.get("Content-Encoding", ""):
                    body = _unchunked(body)
                objects[key] = body
                self.aws.buckets.add(key[0])
                self._reply(200, b"", {"ETag": '"x"'})
            case "DELETE":
                objects.pop(key, None)
                self._reply(204, b"")
            case _ if key in objects:
                self._reply(200, objects[key], {"ETag": '"x"'})
            case _:
                self._error("s3", 404, "NoSuchKey")

    # --- How they answer ---

    def _error(self, service, status, code):
        if service in {"s3", "iam", "sts", "cloudfront"}:
            inner = f"<Code>{code}</Code><Message>as the test says</Message>"
            wrapped = f"<Error>{inner}</Error>"
            if service != "s3":
                wrapped = f"<ErrorResponse>{wrapped}</ErrorResponse>"
            self._xml(wrapped, status)
        else:
            answer = {"__type": code, "message": "as the test says"}
            self._json(answer, status, {"x-amzn-errortype": code})

    def _json(self, answer, status=200, headers=None):
        content = json.dumps(answer).encode()
        self._reply(status, content, {"Content-Type": "application/json"} | (headers or {}))

    def _xml(self, answer, status=200):
        self._reply(status, answer.encode(), {"Content-Type": "application/xml"})

    def _reply(self, status, content, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _unchunked(body):
    """Take the parts of an aws-chunked body."""
    found = b""
    while body:
        head, _, rest = body.partition(b"\r\n")
        size = int(head.partition(b";")[0], 16)
        if size == 0:
            break
        found, body = found + rest[:size], rest[size + 2 :]
    return found
