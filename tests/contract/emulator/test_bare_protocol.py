"""The bytes that clients in other languages send, written by hand onto a socket.

Each shape was seen on the wire of an official client: Go's fasthttp (SMQ), Java's Apache client,
PHP's Guzzle over curl (Expect: 100-continue), old clients that only know HTTP/1.0.
"""

import base64
import hashlib
import hmac
import json
import re
import socket
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest

SECRET = "emulator-secret"
VERSION = "2015-06-06"
TOKEN = "CAIS+/ab=="
Fetch = Callable[..., Any]


def smq_head(method: str, target: str, **extra: str) -> dict[str, str]:
    """Sign a request to SMQ; the names of the headers stay as they are given here."""
    headers = {"DATE": formatdate(usegmt=True), "X-MNS-VERSION": VERSION, **extra}
    content = [headers.get("Content-MD5", ""), headers.get("Content-Type", "")]
    text = "\n".join([method, *content, headers["DATE"], f"x-mns-version:{VERSION}", target])
    digest = hmac.new(SECRET.encode(), text.encode(), hashlib.sha1).digest()
    return {**headers, "AUTHORIZATION": f"MNS emulator:{base64.b64encode(digest).decode()}"}


class Wire:
    """One connection, on which requests are written byte by byte and answers read one by one."""

    def __init__(self, url: str) -> None:
        self.host = urlsplit(url).netloc
        name, _, port = self.host.partition(":")
        self._socket = socket.create_connection((name, int(port)), timeout=5)
        self._file = self._socket.makefile("rb")

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def write(self, line: str, headers: dict[str, str], body: bytes = b"") -> None:
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._socket.sendall(f"{line}\r\nHost: {self.host}\r\n{head}\r\n".encode() + body)

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def read(self) -> tuple[int, dict[str, str], bytes]:
        status = int(self._file.readline().split()[1])
        headers = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        return status, headers, self._file.read(int(headers.get("content-length", "0")))


@pytest.fixture
def wire(url: str) -> Any:
    wire = Wire(url)
    yield wire
    wire.close()


def make_queue(wire: Wire) -> None:
    body = b"<Queue/>"
    kind = {"Content-Type": "text/xml", "Content-Length": str(len(body))}
    wire.write("PUT /queues/q HTTP/1.1", smq_head("PUT", "/queues/q", **kind), body)
    assert wire.read()[0] == 201


def test_many_requests_on_one_connection_and_headers_in_any_case(wire: Wire) -> None:
    """A connection stays open after answers with and without a body, and after refusals."""
    make_queue(wire)

    for target, expected in (("/queues/q", 200), ("/queues/none", 404), ("/queues", 200)):
        wire.write(f"GET {target} HTTP/1.1", smq_head("GET", target))
        assert wire.read()[0] == expected


def test_an_answer_looks_as_the_recorded_ones(wire: Wire) -> None:
    """Headers, also without a body, and the order of a message's parts are the real service's."""
    make_queue(wire)
    target = "/queues/q/messages"
    body = (
        b"<Message><MessageBody>x</MessageBody><UserProperties><PropertyValue><Name>case</Name>"
        b"<Value>nack</Value><Type>STRING</Type></PropertyValue></UserProperties></Message>"
    )
    kind = {"Content-Type": "text/xml", "Content-Length": str(len(body))}
    wire.write(f"POST {target} HTTP/1.1", smq_head("POST", target, **kind), body)
    wire.read()
    wire.write(f"GET {target} HTTP/1.1", smq_head("GET", target))
    status, headers, answer = wire.read()
    wire.write("DELETE /queues/q HTTP/1.1", smq_head("DELETE", "/queues/q"))
    deleted, without_body, _ = wire.read()

    assert (status, deleted) == (200, 204)
    assert re.findall(r"^  <(\w+)>", answer.decode(), re.MULTILINE) == [
        "MessageId",
        "MessageBodyMD5",
        "MessageBody",
        "ReceiptHandle",
        "EnqueueTime",
        "FirstDequeueTime",
        "NextVisibleTime",
        "DequeueCount",
        "Priority",
        "UserProperties",
    ]
    for seen in (headers, without_body):
        assert seen["server"] == "AliyunMQS"
        assert seen["content-type"] == "text/xml;charset=utf-8"
        assert seen["x-mns-response-format"] == "xml"
        assert seen["x-mns-account-type"] == ""


def test_a_body_in_chunks(wire: Wire) -> None:
    """A client that does not know the length of its body sends it in chunks."""
    make_queue(wire)
    body = "<Message><MessageBody>分块 &lt;x&gt;</MessageBody></Message>".encode()
    target = "/queues/q/messages"
    kind = {"Content-Type": "text/xml", "Transfer-Encoding": "chunked"}
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:10], body[10:11], body[11:])
    )

    wire.write(f"POST {target} HTTP/1.1", smq_head("POST", target, **kind), chunks + b"0\r\n\r\n")
    status, headers, _ = wire.read()
    wire.write(f"GET {target} HTTP/1.1", smq_head("GET", target))

    assert status == 201
    assert "分块 &lt;x&gt;" in wire.read()[2].decode()
    assert len(headers["x-mns-request-id"]) == 24


def test_a_client_that_waits_to_be_told_to_go_on(wire: Wire) -> None:
    """Expect: 100-continue is answered before the body arrives."""
    make_queue(wire)
    body = b"<Message><MessageBody>x</MessageBody></Message>"
    target = "/queues/q/messages"
    kind = {
        "Content-Type": "text/xml",
        "Content-Length": str(len(body)),
        "Expect": "100-continue",
    }

    wire.write(f"POST {target} HTTP/1.1", smq_head("POST", target, **kind))
    assert wire.read()[0] == 100
    wire.send(body)

    assert wire.read()[0] == 201


@pytest.mark.parametrize("form", ["hex", "raw"])
def test_both_forms_of_content_md5(wire: Wire, form: str) -> None:
    """Go and Python send Base64 of the hex digits, the page says of the digest; GET has one too."""
    make_queue(wire)
    digest = hashlib.md5(b"", usedforsecurity=False)
    text = digest.hexdigest().encode() if form == "hex" else digest.digest()
    kind = {"Content-MD5": base64.b64encode(text).decode(), "Content-Type": "application/xml"}

    wire.write("GET /queues/q HTTP/1.1", smq_head("GET", "/queues/q", **kind))

    assert wire.read()[0] == 200


def test_go_sends_a_priority_of_none(call_smq: Callable[..., Any]) -> None:
    """Go's client writes a zero where the caller named no priority; the service refuses it thus."""
    call_smq("PUT", "/queues/q", b"<Queue/>")
    body = (
        b"<Message><MessageBody>x</MessageBody><DelaySeconds>0</DelaySeconds>"
        b"<Priority>0</Priority></Message>"
    )

    answer = call_smq("POST", "/queues/q/messages", body)

    assert answer.status == 400
    assert b"<Code>InvalidArgument</Code>" in answer.body
    assert b"<Message>The value of Priority should between 1 and 16</Message>" in answer.body


def test_the_form_that_proxies_get(wire: Wire) -> None:
    """A client behind an HTTP proxy writes the whole address into the request line."""
    make_queue(wire)

    wire.write(f"GET http://{wire.host}/queues/q HTTP/1.1", smq_head("GET", "/queues/q"))

    assert wire.read()[0] == 200


def test_a_question_mark_without_a_query(wire: Wire) -> None:
    """It is signed as it was sent, though nothing follows it."""
    make_queue(wire)

    wire.write("GET /queues/q? HTTP/1.1", smq_head("GET", "/queues/q?"))

    assert wire.read()[0] == 200


def test_an_old_client_closes_after_each_answer(wire: Wire) -> None:
    """HTTP/1.0 gets its answer, with a length, and then the end of the connection."""
    wire.write("GET /queues HTTP/1.0", smq_head("GET", "/queues"))

    status, headers, body = wire.read()

    assert (status, int(headers["content-length"])) == (200, len(body))


def sign_v1(method: str, flat: dict[str, str], secret: str) -> dict[str, str]:
    query = "&".join(f"{quote(k, safe='~')}={quote(flat[k], safe='~')}" for k in sorted(flat))
    text = f"{method}&%2F&{quote(query, safe='~')}"
    digest = hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()
    return {**flat, "Signature": base64.b64encode(digest).decode()}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("token", [TOKEN, "other", None])
def test_an_old_signature_with_a_temporary_key(
    url: str,
    fetch: Fetch,
    control: Callable[..., Any],
    method: str,
    token: str | None,
) -> None:
    """Java's and Go's old clients sign the query and the form together, the token among them."""
    control("access-keys", {"access_key_id": "STS.k", "secret": "s", "security_token": TOKEN})
    form = {"InstanceName": "订单*服务 ~+", "Tag.1.Key": "a b"} if method == "POST" else {}
    common = {
        "Action": "DescribeInstances",
        "Version": "2014-05-26",
        "Format": "JSON",
        "RegionId": "cn-hangzhou",
        "AccessKeyId": "STS.k",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": f"{method}-{token}-{time.monotonic_ns()}",
        "Timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        **({} if token is None else {"SecurityToken": token}),
    }
    signature = sign_v1(method, {**common, **form}, "s")["Signature"]
    query = urlencode({**common, "Signature": signature})

    answer = fetch(
        f"{url}/?{query}",
        urlencode(form).encode() if form else None,
        {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"},
        method=method,
    )

    codes = {TOKEN: None, "other": "InvalidSecurityToken.Malformed", None: "MissingSecurityToken"}
    assert answer.json().get("Code") == codes[token]
    assert answer.status == (200 if token == TOKEN else 400)


@pytest.mark.parametrize("where", ["query", "form", "json"])
def test_a_new_signature_by_hand(
    url: str, fetch: Fetch, control: Callable[..., Any], where: str
) -> None:
    """ACS3 over query, form or JSON body, with a temporary key and header names in capitals."""
    control("access-keys", {"access_key_id": "STS.k", "secret": "s", "security_token": TOKEN})
    params = {"RegionId": "cn-hangzhou", "InstanceName": "a b*~+订单"}
    kinds = {"form": "application/x-www-form-urlencoded", "json": "application/json; charset=utf-8"}
    bodies = {"query": b"", "form": urlencode(params).encode(), "json": json.dumps(params).encode()}
    query = urlencode(sorted(params.items()), quote_via=quote, safe="~") if where == "query" else ""
    headers = {
        "host": urlsplit(url).netloc,
        "x-acs-action": "DescribeInstances",
        "x-acs-version": "2014-05-26",
        "x-acs-date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "x-acs-signature-nonce": f"{where}-{time.monotonic_ns()}",
        "x-acs-content-sha256": hashlib.sha256(bodies[where]).hexdigest(),
        "x-acs-security-token": TOKEN,
        **({"content-type": kinds[where]} if where in kinds else {}),
    }
    names = sorted(headers)
    canonical = "\n".join(
        [
            "POST",
            "/",
            query,
            "".join(f"{name}:{headers[name]}\n" for name in names),
            ";".join(names),
            headers["x-acs-content-sha256"],
        ]
    )
    to_sign = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(b"s", to_sign.encode(), hashlib.sha256).hexdigest()
    signed = ";".join(names)
    authorization = (
        f"ACS3-HMAC-SHA256 Credential=STS.k,SignedHeaders={signed},Signature={signature}"
    )
    sent = {name.upper(): value for name, value in headers.items()}

    answer = fetch(
        f"{url}/?{query}", bodies[where], {**sent, "AUTHORIZATION": authorization}, method="POST"
    )

    assert (answer.status, answer.json().get("Code")) == (200, None)


def test_an_error_of_an_old_client_in_xml(call_v1: Callable[..., Any]) -> None:
    """The refusal has the four parts that old clients read, under Error."""
    answer = call_v1("GET", "StopInstance", {"InstanceId": "i-none", "Format": "XML"})

    assert answer.status == 404
    assert all(
        f"<{part}>".encode() in answer.body
        for part in ("Error", "RequestId", "HostId", "Code", "Message")
    )


# What PHP's old client sends of a data disk that is told its size and nothing else.
_UNTOLD = (
    "SnapshotId", "Category", "Encrypted", "KMSKeyId", "DiskName", "Description", "Device",
    "DeleteWithInstance", "PerformanceLevel", "AutoSnapshotPolicyId", "EncryptAlgorithm",
)  # fmt: skip


def test_members_that_an_old_client_leaves_empty(
    control: Callable[..., Any], call_v1: Callable[..., Any]
) -> None:
    """PHP's old client sends every member of a structure; one that was not told is empty, and is not there."""
    seed = {"name": "web", "instance_type": "ecs.g7.large", "zone_id": "cn-hangzhou-h"}
    control("scenario", {"regions": {"cn-hangzhou": {"instances": [seed]}}})
    (row,) = call_v1("GET", "DescribeInstances", {"RegionId": "cn-hangzhou"}).json()["Instances"][
        "Instance"
    ]
    launch = {
        "RegionId": "cn-hangzhou",
        "InstanceType": row["InstanceType"],
        "ImageId": row["ImageId"],
        "VSwitchId": row["VpcAttributes"]["VSwitchId"],
        "SecurityGroupId": row["SecurityGroupIds"]["SecurityGroupId"][0],
        "SystemDisk.Category": "cloud_essd",
        "DataDisk.1.Size": "20",
        "DataDisk.1.Category": "cloud_essd",
    }
    untold = {f"DataDisk.1.{name}": "" for name in _UNTOLD}

    (launched,) = call_v1("GET", "RunInstances", {**untold, **launch}).json()["InstanceIdSets"][
        "InstanceIdSet"
    ]
    disks = call_v1("GET", "DescribeDisks", {"RegionId": "cn-hangzhou", "InstanceId": launched})

    assert [
        (disk["Type"], disk["Category"], disk["Size"], disk["DeleteWithInstance"])
        for disk in disks.json()["Disks"]["Disk"]
    ] == [("system", "cloud_essd", 40, True), ("data", "cloud_essd", 20, True)]


@pytest.mark.parametrize("name", ["PageSize", "PageNumber", "DryRun"])
def test_an_empty_number_is_not_there(call_v1: Callable[..., Any], name: str) -> None:
    """A number or a truth value without a text says nothing, so that the default holds."""
    answer = call_v1("POST", "DescribeInstances", {"RegionId": "cn-hangzhou", name: ""})

    assert answer.status == 200
    assert answer.json()["PageSize"] == 10


def test_tags_as_the_oldest_models_name_them(
    control: Callable[..., Any], call_v1: Callable[..., Any]
) -> None:
    """Tag.N.key and Tag.N.value mean the same as the names that replace them."""
    seed = {"name": "web", "instance_type": "ecs.g7.large", "zone_id": "cn-hangzhou-h"}
    tagged = [{**seed, "tags": {"team": team}} for team in ("trade", "search")]
    control("scenario", {"regions": {"cn-hangzhou": {"instances": tagged}}})
    here = {"RegionId": "cn-hangzhou"}
    asked = {**here, "Tag.1.key": "team", "Tag.1.value": "trade"}

    found = call_v1("GET", "DescribeInstances", asked).json()
    (instance_id,) = (row["InstanceId"] for row in found["Instances"]["Instance"])
    made = call_v1(
        "GET",
        "CreateImage",
        {**here, "InstanceId": instance_id, "Tag.1.key": "of", "Tag.1.value": "it"},
    ).json()
    images = call_v1("GET", "DescribeImages", {**here, "Status": "ALL", "Tag.1.key": "of"}).json()

    (image,) = images["Images"]["Image"]
    assert image["ImageId"] == made["ImageId"]
    assert image["Tags"]["Tag"] == [{"TagKey": "of", "TagValue": "it"}]
