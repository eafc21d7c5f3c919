"""The emulator's wire layer over anything: a documented refusal, never a traceback, never a hang."""

import codecs
import encodings.aliases
import random
from email.utils import formatdate
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.assumptions import Assumptions
from emulator.state.cloud import Cloud
from emulator.state.ecs.catalogue import Catalogue
from emulator.state.ecs.settings import EcsSettings
from emulator.state.errors import ApiError
from emulator.wire import mns_http, mns_signature, mns_xml, rpc, rpc_signature
from tests.unit.fuzz.hostile import HOSTILE_TEXTS, fuzz, scrambled

REGION, QUEUE, START = "cn-hangzhou", "q", 1_795_392_000.0
# As a server hands headers on: bytes read as latin-1.
LATIN = [text.encode("utf-8", "replace").decode("latin-1") for text in HOSTILE_TEXTS]
latin = st.sampled_from(LATIN) | st.text(st.characters(max_codepoint=255), max_size=20)
# Halves of surrogate pairs included, which no encoding can write.
anything = st.text(st.characters(), max_size=20)
PROPERTY = (
    "<UserProperties><PropertyValue><Name>a</Name><Value>b</Value><Type>STRING</Type>"
    "</PropertyValue></UserProperties>"
)
MESSAGE = f"<Message><MessageBody>x</MessageBody>{PROPERTY}<DelaySeconds>1</DelaySeconds></Message>"
DOCUMENTS = (
    MESSAGE,
    f"<Messages>{MESSAGE * 3}</Messages>",
    "<Queue><VisibilityTimeout>60</VisibilityTimeout></Queue>",
    "<ReceiptHandles><ReceiptHandle>a</ReceiptHandle></ReceiptHandles>",
    '<?xml version="1.0" encoding="UTF-8"?><Message xmlns="http://mns.aliyuncs.com/doc/v1/"/>',
)
LOL = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(10))
BOMBS = (
    f"<!DOCTYPE Message [{LOL}]><Message><MessageBody>&l9;</MessageBody></Message>",
    '<!DOCTYPE Message SYSTEM "http://127.0.0.1:1/x.dtd"><Message/>',
    '<!DOCTYPE M [<!ENTITY x SYSTEM "file:///etc/passwd">]><M>&x;</M>',
    '<!DOCTYPE M [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]><M/>',
    "<Message>&unknown;</Message>",
    "<a>" * 100_000,
    "<a " + 'b="c" ' * 10_000 + "/>",
    "<Message>" + "<MessageBody/>" * 50_000 + "</Message>",
    f"<{'n' * 500_000}/>",
    "<Message><![CDATA[" + "x" * 500_000,
    "<Message>" + "&#x41;" * 100_000 + "</Message>",
    "<M xmlns='a' xmlns:b='" + "c" * 50_000 + "'/>",
)
ENCODINGS = sorted({*encodings.aliases.aliases.values(), "", "x" * 300, "utf-8\x00", "undefined"})


def new_cloud() -> Cloud:
    cloud = Cloud(
        account_id="1234567890123456",
        regions=(REGION,),
        catalogue=Catalogue.load(),
        assumptions=Assumptions(),
        ecs=EcsSettings(),
        rng=random.Random(1),
        start=START,
    )
    cloud.queues(REGION).create_queue(QUEUE, {}, START)
    return cloud


CLOUD = new_cloud()


def check_reply(reply: mns_http.MnsReply | mns_http.LongPoll) -> None:
    """A reply is a success or a refusal with a code, in XML that a parser reads."""
    if isinstance(reply, mns_http.LongPoll):
        reply = reply.give_up()
    assert reply.status < 500
    if reply.body:
        mns_xml.parse(reply.body)


# XML


def parse(body: bytes) -> None:
    """Parse; only the documented refusals may come: of the size, else of the form."""
    refusal = None
    try:
        mns_xml.parse(body)
    except ApiError as error:
        refusal = (error.status, error.code)
    code = "InvalidArgument" if len(body) > mns_xml.BODY_LIMIT else "MalformedXML"
    assert refusal in (None, (400, code))


@fuzz(400)
@given(document=st.sampled_from(DOCUMENTS), seed=st.integers(0, 2**32), times=st.integers(0, 6))
def test_documents_cut_and_overwritten(document: str, seed: int, times: int) -> None:
    """Requests with pieces cut out and put in, as a whole operation would read them."""
    rng = random.Random(seed)
    body = scrambled(document, rng, times).encode("utf-8", "surrogatepass")
    parse(body)
    method = rng.choice(("POST", "PUT", "DELETE", "GET"))
    target = rng.choice((f"/queues/{QUEUE}/messages", f"/queues/{QUEUE}", "/queues"))

    check_reply(mns_http.handle(CLOUD.queues(REGION), method, target, {}, body, START, "http://h"))


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda text: ascii(text[:30]))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
def test_bombs_of_xml(bomb: str, encoding: str) -> None:
    """Entities, document types and endless elements cost no more than their own length."""
    parse(bomb.encode(encoding))


@pytest.mark.parametrize("encoding", ENCODINGS, ids=lambda name: ascii(name[:20]))
def test_declared_encodings(encoding: str) -> None:
    """An encoding that does not fit the bytes, or is no encoding of text, is a refusal."""
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    for text in (f"{head}<Message>订单</Message>", f"{head}<Message>\x80\xff</Message>"):
        parse(text.encode("utf-8"))
        parse(text.encode("latin-1", "replace"))
        parse(codecs.BOM_UTF16_LE + text.encode("utf-16-le"))
        parse(codecs.BOM_UTF8 + text.encode("utf-8"))


@fuzz(200)
@given(st.binary(max_size=200))
def test_any_bytes_as_xml(body: bytes) -> None:
    """Anything at all as a request."""
    parse(body)
    parse(b"<Message>" + body + b"</Message>")


# SMQ over HTTP


@fuzz(300)
@given(
    method=st.sampled_from(("GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "", "G\x00T")),
    path=st.sampled_from(("/queues", f"/queues/{QUEUE}", f"/queues/{QUEUE}/messages")) | latin,
    query=st.lists(
        st.tuples(
            st.sampled_from(
                ("numOfMessages", "peekonly", "ReceiptHandle", "VisibilityTimeout", "waitseconds")
            )
            | latin,
            latin,
        ),
        max_size=4,
    ),
    headers=st.dictionaries(
        st.sampled_from(
            ("content-md5", "x-mns-prefix", "x-mns-marker", "x-mns-ret-number", "x-mns-with-meta")
        ),
        latin,
        max_size=3,
    ),
    escape=st.booleans(),
)
def test_any_target(
    method: str, path: str, query: list[tuple[str, str]], headers: dict[str, str], *, escape: bool
) -> None:
    """Every path, query and header, in percent escapes or as it is."""
    pairs = "&".join(f"{name}={quote(value) if escape else value}" for name, value in query)
    target = f"{quote(path) if escape else path}?{pairs}"

    check_reply(
        mns_http.handle(
            CLOUD.queues(REGION), method, target, headers, b"<Queue/>", START, "http://h"
        )
    )


@fuzz(300)
@given(
    authorization=latin
    | st.sampled_from(("MNS a:b", "MNS emulator:x", "MNS emulator:\xff\xfe", "MNS :"))
    | st.from_regex(
        r"MNS4-HMAC-SHA256 Credential=emulator/[0-9²]{8}/x/mns/aliyun_v4_request, ?"
        r"Signature=[0-9a-f]{64}",
        fullmatch=True,
    ),
    date=latin
    | st.sampled_from(
        (
            formatdate(START, usegmt=True),
            "GMT",
            ", GMT",
            "Mon, 99 Foo 99999 99:99:99 GMT",
            "Mon, 23 Nov 2026 00:00:00 GMT",
            "1 Jan 0000 00:00:00 GMT",
            "Mon, 23 Nov 2026 00:00:00 -0000 GMT",
            "9" * 400 + " GMT",
        )
    ),
    headers=st.dictionaries(
        st.sampled_from(
            ("content-type", "content-md5", "x-mns-date", "security-token", "x-mns-x", "host")
        ),
        latin,
        max_size=4,
    ),
    target=latin,
)
def test_any_signature_of_smq(
    authorization: str, date: str, headers: dict[str, str], target: str
) -> None:
    """Whatever a header says, verification refuses with one of its codes."""
    whole = {"x-mns-version": "2015-06-06", **headers, "authorization": authorization, "date": date}
    secrets: dict[str, mns_signature.Secret] = {"emulator": ("secret", "token"), "a": "secret"}

    with pytest.raises(ApiError) as refused:
        mns_signature.verify("GET", target, whole, secrets, START)
    assert refused.value.status in (400, 403, 408)


# RPC

KEYS = {
    "emulator": rpc_signature.AccessKey("emulator", "secret"),
    "temporary": rpc_signature.AccessKey("temporary", "secret", "token", START),
}
utf8 = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
keys_of_parameters = (
    st.sampled_from(
        (
            *("Action", "Version", "Format", "RegionId", "Tag.1.Key", "Tag.2001.Key", "Tag.x"),
            *("Tag..", ".", "a.b.c.d.e.f.g.h.i.j.k.l.m.n", "Tag.1", "Tag", "Tag.-1", "Tag.１"),
            *("Signature", "AccessKeyId", "SignatureNonce", "Timestamp", "SignatureMethod"),
        )
    )
    | utf8
)
values_of_parameters = (
    st.sampled_from(
        (
            *("DescribeInstances", "2014-05-26", "XML", "JSON", "emulator", "temporary", "1.0"),
            *(
                "HMAC-SHA1",
                "2026-11-23T00:00:00Z",
                "２０２６-11-23T00:00:00Z",
                "0000-00-00T99:99:99Z",
            ),
        )
    )
    | utf8
)


@fuzz(400)
@given(
    pairs=st.lists(st.tuples(keys_of_parameters, values_of_parameters), max_size=8),
    raw=st.binary(max_size=40),
    in_body=st.booleans(),
    headers=st.dictionaries(
        st.sampled_from(
            (
                *("content-type", "x-acs-action", "x-acs-version", "x-acs-date", "host"),
                *("x-acs-signature-nonce", "x-acs-content-sha256", "authorization"),
            )
        ),
        latin
        | st.sampled_from(
            (
                *("application/json", "2014-05-26", "2026-11-23T00:00:00Z", "application/xml"),
                "ACS3-HMAC-SHA256 Credential=emulator,SignedHeaders=x-acs-date;host,Signature="
                + "0" * 64,
                "ACS3-HMAC-SHA256 Credential=emulator,SignedHeaders=;,Signature=" + "0" * 64,
            )
        ),
        max_size=8,
    ),
)
def test_any_rpc_request(
    pairs: list[tuple[str, str]], raw: bytes, headers: dict[str, str], *, in_body: bool
) -> None:
    """Parameters, headers and bodies of any form are parsed and refused, and the refusal is written."""
    encoded = urlencode(pairs).encode()
    query, body = (raw, encoded) if in_body else (encoded, raw)
    try:
        flat, extra = rpc.flat_parameters(query, headers, body)
        call = rpc.parse(flat, extra, headers)
        signed = rpc_signature.SignedRequest("POST", "/", query, headers, flat, body)
        rpc_signature.verify(signed, KEYS, rpc_signature.NonceBook(), START)
        error = ApiError(404, "InvalidAction.NotFound", f"{call.action} {call.params}")
    except ApiError as refusal:
        error = refusal
    assert 400 <= error.status < 500
    for xml in (True, False):
        rpc.render_error(error, rid="r", host=headers.get("host", ""), product="", xml=xml)


@fuzz(200)
@given(
    st.dictionaries(
        anything,
        st.recursive(
            anything | st.none() | st.booleans() | st.floats() | st.integers(),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(anything, inner, max_size=3)
            ),
            max_leaves=8,
        ),
        max_size=5,
    )
)
def test_any_answer_can_be_written(answer: dict[str, object]) -> None:
    """What an answer repeats of a request is written, whatever characters it has."""
    for xml in (True, False):
        call = rpc.RpcCall("ecs", "X\ud800", None, {}, xml)

        rpc.render(call, answer, "r").decode("utf-8")
