"""Our side of HTTP/2 against h2's: what we say, it reads; what it says, we understand."""

import functools
import itertools
import random
from dataclasses import dataclass, field
from typing import NamedTuple

import hpack
import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    DataReceived,
    PingAckReceived,
    RequestReceived,
    SettingsAcknowledged,
    StreamEnded,
    StreamReset,
)
from h2.settings import SettingCodes
from hyperframe.frame import (
    AltSvcFrame,
    ContinuationFrame,
    DataFrame,
    Frame,
    GoAwayFrame,
    HeadersFrame,
    PingFrame,
    PriorityFrame,
    PushPromiseFrame,
    RstStreamFrame,
    SettingsFrame,
    WindowUpdateFrame,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from fireside.adapters.http2 import Ended, ProtocolError, Session

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
TABLE, MOST, WINDOW = 1, 3, 4  # settings
NO_ERROR, INTERNAL, REFUSED, CANCEL = 0, 2, 7, 8  # errors
FRAME = 16_384

HELLO = b'"hello"'
LARGE = bytes(range(256)) * 128  # 32 KB
WHOLE = (1 << 30,)
SIZES = st.lists(st.sampled_from([1, 2, 8, 9, 10, 11, 100, 5000, 20_000]), min_size=1, max_size=5)
TABLES = st.sampled_from([0, 60, 100, 300, 4096, 65_536])


def fields_for(body: bytes, token: bytes = b"token") -> list[tuple[bytes, bytes]]:
    return [
        (b":authority", b"abc.execute-api.eu-central-1.amazonaws.com"),
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"x-amz-security-token", token),
    ]


FIELDS = fields_for(HELLO)


def cut(data: bytes, sizes: itertools.cycle) -> list[bytes]:
    pieces = []
    while data:
        size = next(sizes)
        pieces.append(data[:size])
        data = data[size:]
    return pieces


@dataclass
class Read:
    """What the server has read of a post."""

    fields: list[tuple[bytes, bytes]]
    body: bytes = b""
    is_whole: bool = False


@dataclass
class Server:
    """h2's side of a connection, and ours; `talk` carries what they say, in pieces."""

    wishes: dict[int, int] = field(default_factory=dict)
    sizes: tuple[int, ...] = WHOLE
    widens: bool = True
    """Gives room for as much as it has read."""

    def __post_init__(self) -> None:
        self.session = Session()
        self.h2 = H2Connection(H2Configuration(client_side=False))
        self.h2.initiate_connection()
        if self.wishes:
            self.wish(self.wishes)
        self.cuts = itertools.cycle(self.sizes)
        self.posts: dict[int, Read] = {}
        self.resets: dict[int, int] = {}
        self.heard: list[object] = []
        self.ended: list[Ended] = []

    def talk(self) -> list[Ended]:
        """Let both sides speak until they have nothing more to say; return what has ended."""
        ended: list[Ended] = []
        while self.session.out or self.h2._data_to_send:
            ours = b"".join(self.session.out)
            self.session.out.clear()
            for piece in cut(ours, self.cuts):
                self._hear(piece)
            for piece in cut(self.h2.data_to_send(), self.cuts):
                ended += self.session.receive(piece)
        self.ended += ended
        return ended

    def wish(self, wishes: dict[int, int]) -> None:
        self.h2.update_settings({SettingCodes(name): value for name, value in wishes.items()})

    def post(self, path=b"/", fields=FIELDS, authorization=b"secret", body=HELLO) -> int:
        assert self.session.has_room
        return self.session.post(path, fields, authorization, body)

    def answer(self, stream: int, status: int = 200, body: bytes = b"", trailers=None) -> None:
        is_all = not body and trailers is None
        head = [(":status", str(status)), ("content-type", "text/plain"), ("x-id", "abc")]
        self.h2.send_headers(stream, head, end_stream=is_all)
        for start in range(0, len(body), FRAME):
            self.h2.send_data(stream, body[start : start + FRAME])
        if trailers is not None:
            self.h2.send_headers(stream, trailers, end_stream=True)
        elif body:
            self.h2.end_stream(stream)

    def _hear(self, data: bytes) -> None:
        for event in self.h2.receive_data(data):
            self.heard.append(event)
            match event:
                case RequestReceived():
                    self.posts[event.stream_id] = Read(list(event.headers))
                case DataReceived():
                    self.posts[event.stream_id].body += event.data
                    if self.widens:
                        size = event.flow_controlled_length
                        self.h2.acknowledge_received_data(size, event.stream_id)
                case StreamEnded():
                    self.posts[event.stream_id].is_whole = True
                case StreamReset():
                    self.resets[event.stream_id] = event.error_code


def ready(**options) -> Server:
    server = Server(**options)
    server.talk()
    return server


def under_way(count: int = 1, body: bytes = HELLO) -> Session:
    """Begin posts to a server of which each frame is written by hand."""
    session = Session()
    session.receive(SettingsFrame().serialize())
    for _ in range(count):
        session.post(b"/", fields_for(body), b"secret", body)
    said(session)
    return session


def said(session: Session) -> list[Frame]:
    """Take what the session says, as frames."""
    data = memoryview(b"".join(session.out).removeprefix(PREFACE))
    session.out.clear()
    frames = []
    while data:
        frame, size = Frame.parse_frame_header(data[:9], strict=True)
        frame.parse_body(data[9 : 9 + size])
        frames.append(frame)
        data = data[9 + size :]
    return frames


def block(status: int, *more: tuple[str, str]) -> bytes:
    encoder = hpack.Encoder()
    encoder.header_table_size = 0
    return encoder.encode([(":status", str(status)), *more])


def head(stream: int, status: int = 200, *flags: str, **options) -> bytes:
    frame = HeadersFrame(stream, block(status), flags=["END_HEADERS", *flags], **options)
    return frame.serialize()


def raw(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """Write a frame that hyperframe would not."""
    size = len(payload).to_bytes(3)
    return size + bytes((kind, flags)) + stream.to_bytes(4) + payload


# --- how it begins ---


@given(sizes=SIZES)
def test_posts_may_begin_once_the_servers_settings_are_known(sizes):
    server = Server(sizes=sizes)
    assert not server.session.is_ready
    assert not server.session.has_room

    server.talk()

    assert server.session.is_ready
    assert server.session.has_room
    assert any(isinstance(event, SettingsAcknowledged) for event in server.heard)


def test_we_ask_for_no_pushes_and_no_table_and_give_much_room_for_answers():
    server = ready()

    assert server.h2.remote_settings.enable_push == 0
    assert server.h2.remote_settings.header_table_size == 0
    assert server.h2.outbound_flow_control_window == 1 << 24


# --- posts ---


class Wanted(NamedTuple):
    """What a post says."""

    path: bytes
    fields: list[tuple[bytes, bytes]]
    authorization: bytes
    body: bytes


def require_read(read: Read, wanted: Wanted) -> None:
    begin = [(b":method", b"POST"), (b":scheme", b"https"), (b":path", wanted.path)]
    assert read.fields == [*begin, *wanted.fields, (b"authorization", wanted.authorization)]
    assert read.body == wanted.body
    assert read.is_whole


BODY = st.binary(max_size=50) | st.sampled_from([b"", LARGE, b"a" * FRAME, b"b" * (FRAME + 1)])
TOKEN = st.sampled_from([b"token", b"other", b"t" * 130, b"u" * 10_000, b"v" * 20_000])
PATH = st.text("abc/%-_", max_size=300).map(lambda text: f"/{text}".encode())
WANTED = st.builds(
    lambda path, body, token, key: Wanted(path, fields_for(body, token), key, body),
    PATH,
    BODY,
    TOKEN,
    st.sampled_from([b"k", b"AWS4-HMAC-SHA256 " + b"k" * 300]),
)


@settings(max_examples=50, deadline=None)
@given(posts=st.lists(WANTED, min_size=1, max_size=8), sizes=SIZES, data=st.data())
def test_posts_are_read_as_they_were_written_and_in_order(posts, sizes, data):
    server = ready(sizes=tuple(sizes))
    streams = []
    for wanted in posts:
        streams.append(server.post(*wanted))
        if data.draw(st.booleans()) or not server.session.has_room:
            server.talk()
    server.talk()

    assert list(server.posts) == streams == list(range(1, 2 * len(posts), 2))
    for stream, wanted in zip(streams, posts, strict=True):
        require_read(server.posts[stream], wanted)


@settings(max_examples=50, deadline=None)
@given(sizes=SIZES, order=st.permutations(range(6)))
def test_each_post_ends_with_its_own_status_in_whatever_order_they_are_answered(sizes, order):
    server = ready(sizes=tuple(sizes))
    streams = [server.post() for _ in range(6)]
    server.talk()

    for number in order:
        server.answer(streams[number], 200 + number, b"x" * number * 5000)

    assert server.talk() == [(streams[number], 200 + number, False) for number in order]


def test_the_authorization_may_be_remembered_by_nobody_and_the_others_may():
    server = ready()
    server.post()
    server.talk()

    indexable = {read[0]: read.indexable for read in server.posts[1].fields}

    assert not indexable.pop(b"authorization")
    assert all(indexable.values())


def sizes_of_posts(server: Server, posts: list) -> list[int]:
    sizes = []
    for fields in posts:
        server.post(fields=fields)
        sizes.append(len(server.session.out[0]))
        server.talk()
    return sizes


def test_what_was_said_before_is_said_shortly():
    first, second, third, fourth = sizes_of_posts(ready(), [FIELDS] * 4)

    assert first > 100
    assert second == third == fourth < 60


def test_other_fields_are_said_once_more_and_the_former_ones_still_shortly():
    server = ready()
    others = [(name, value + b"2") for name, value in FIELDS if name != b"content-length"]

    sizes = sizes_of_posts(server, [FIELDS, FIELDS, others, FIELDS, others, FIELDS])

    assert sizes[1] == sizes[3] == sizes[5]
    assert sizes[2] > 100
    assert sizes[4] < 60
    read = [post.fields[3:-1] for post in server.posts.values()]
    assert read == [FIELDS, FIELDS, others, FIELDS, others, FIELDS]


def test_what_differs_from_post_to_post_fills_no_table():
    server = ready()
    for number in range(3):
        server.post(fields=[*fields_for(b"-" * number), (b"x-amz-date", b"%d" % number)])
        server.session.out.pop()
    server.talk()

    entries = server.h2.decoder.header_table.dynamic_entries
    assert {name for name, _ in entries} == {
        b":authority",
        b"content-type",
        b"x-amz-security-token",
    }
    assert len(entries) == 3


def test_a_head_of_any_size_is_cut_into_frames_where_it_must_be():
    session = under_way(0)
    shapes = set()
    for size in range(FRAME - 200, FRAME + 20):
        session.post(b"/" + b"p" * size, FIELDS, b"secret", b"")
        heads = said(session)[:-1]
        sizes = [len(frame.data) for frame in heads]
        assert all(length == FRAME for length in sizes[:-1])
        assert 0 < sizes[-1] <= FRAME
        assert ["END_HEADERS" in frame.flags for frame in heads] == [
            *[False] * (len(heads) - 1),
            True,
        ]
        shapes.add((len(heads), sizes[-1]))

    assert {(1, FRAME - 1), (1, FRAME), (2, 1), (2, 2)} <= shapes


@pytest.mark.parametrize("size", [10_000, 16_384, 20_000, 40_000])
def test_a_long_token_is_read(size):
    server = ready()
    fields = fields_for(HELLO, b"t" * size)

    for stream in (1, 3, 5):
        server.post(fields=fields)
        server.talk()
        require_read(server.posts[stream], Wanted(b"/", fields, b"secret", HELLO))


@settings(max_examples=50, deadline=None)
@given(
    steps=st.lists(TABLES | st.sampled_from([b"token", b"t" * 150, b"u" * 5000]), max_size=12),
    sizes=SIZES,
)
def test_the_servers_table_may_have_any_size_and_change_it(steps, sizes):
    server = ready(sizes=tuple(sizes))
    known = {token: fields_for(HELLO, token) for token in (b"token", b"t" * 150, b"u" * 5000)}
    for step in steps:
        if isinstance(step, int):
            server.wish({TABLE: step})
            server.talk()
        else:
            for _ in range(3):
                stream = server.post(fields=known[step])
                server.talk()
                require_read(server.posts[stream], Wanted(b"/", known[step], b"secret", HELLO))


@pytest.mark.parametrize("table", [0, 60, 100, 4096, 65_536])
def test_the_servers_table_may_have_another_size_from_the_beginning(table):
    server = ready(wishes={TABLE: table})

    for _ in range(3):
        server.post()
    server.talk()

    assert all(post.fields[3:-1] == FIELDS for post in server.posts.values())


def test_after_the_last_stream_nothing_begins():
    session = under_way(0)
    session._next_stream = (1 << 31) - 3
    session.post(b"/", FIELDS, b"secret", HELLO)
    assert session.has_room
    assert not session.is_closing

    assert session.post(b"/", FIELDS, b"secret", HELLO) == (1 << 31) - 1

    assert not session.has_room
    assert session.is_closing


# --- how many, and how much ---


def begun(server: Server) -> int:
    """Begin as many posts as there is room for, up to 200."""
    count = 0
    while server.session.has_room and count < 200:
        server.post()
        count += 1
    server.talk()  # h2 refuses one too many
    return count


@pytest.mark.parametrize("most", [0, 1, 2, 7, 150])
def test_no_more_posts_are_under_way_than_the_server_takes(most):
    server = ready(wishes={MOST: most})

    assert begun(server) == most

    for stream in range(1, 2 * most, 2):
        server.answer(stream)
        server.talk()
        assert server.session.has_room
        assert begun(server) == 1


def test_a_hundred_posts_are_under_way_where_the_server_names_no_number():
    session = under_way(99)

    assert session.has_room
    session.post(b"/", FIELDS, b"secret", HELLO)
    assert not session.has_room


def test_fewer_posts_begin_once_the_server_takes_fewer():
    server = ready(wishes={MOST: 3})
    assert begun(server) == 3

    server.wish({MOST: 1})
    server.talk()

    for stream in (1, 3):
        server.answer(stream)
        server.talk()
        assert not server.session.has_room
    server.answer(5)
    server.talk()
    assert begun(server) == 1


def test_a_reset_or_cancelled_post_makes_room_for_another():
    server = ready(wishes={MOST: 1})
    first = server.post()
    server.talk()
    server.h2.reset_stream(first)
    server.talk()
    second = server.post()
    assert not server.session.has_room

    server.session.cancel(second)

    assert begun(server) == 1


GRANT = st.tuples(st.sampled_from(["stream", "connection", "initial"]), st.integers(1, 20_000))


@settings(max_examples=50, deadline=None)
@given(
    initial=st.sampled_from([0, 1, 1000, FRAME, 40_000, 65_535]),
    grants=st.lists(GRANT, max_size=12),
    used=st.sampled_from([[], [16_000] * 4, [17_000] * 3, [16_383] * 4 + [2]]),
    body=st.sampled_from([b"x", LARGE[:300], LARGE[:FRAME], LARGE]),
    sizes=SIZES,
)
def test_a_body_is_sent_as_far_as_there_is_room_and_no_further(initial, grants, used, body, sizes):
    server = ready(sizes=tuple(sizes), widens=False)
    for size in used:
        server.post(fields=fields_for(b"-" * size), body=b"-" * size)
        server.talk()
    server.wish({WINDOW: initial})
    server.talk()

    stream = server.post(fields=fields_for(body), body=body)
    server.talk()

    on_stream, on_connection = initial, 65_535 - sum(used)
    expected = min(on_stream, on_connection, len(body))
    read = server.posts[stream]
    assert read.body == body[:expected]
    for kind, size in grants:
        if read.is_whole:
            break
        assert server.session.has_room == (on_connection > expected)  # for others, too
        if kind == "stream":
            server.h2.increment_flow_control_window(size, stream)
            on_stream += size
        elif kind == "connection":
            server.h2.increment_flow_control_window(size)
            on_connection += size
        else:  # what was sent may be more than this: then the room is less than none
            server.wish({WINDOW: size})
            on_stream, initial = on_stream + size - initial, size
        server.talk()
        expected = max(expected, min(on_stream, on_connection, len(body)))
        assert read.body == body[:expected]
        assert read.is_whole == (expected == len(body))
    assert server.session.has_room == (on_connection > expected)


def test_a_window_below_zero_is_first_filled_up():
    server = ready(wishes={WINDOW: 10_000}, widens=False)
    stream = server.post(fields=fields_for(LARGE), body=LARGE)
    server.talk()
    server.wish({WINDOW: 1_000})
    server.talk()

    sizes = []
    for more in (8_999, 1, 1, 100):
        server.h2.increment_flow_control_window(more, stream)
        server.talk()
        sizes.append(len(server.posts[stream].body))

    assert sizes == [10_000, 10_000, 10_001, 10_101]


@pytest.mark.parametrize(
    ("size", "frames"),
    [(0, [0]), (1, [1]), (FRAME, [FRAME]), (FRAME + 1, [FRAME, 1]), (2 * FRAME, [FRAME, FRAME])],
)
def test_a_body_takes_as_few_frames_as_it_can(size, frames):
    session = under_way(0)
    session.post(b"/", FIELDS, b"secret", b"x" * size)

    sent = [frame for frame in said(session) if isinstance(frame, DataFrame)]

    assert [len(frame.data) for frame in sent] == frames
    assert ["END_STREAM" in frame.flags for frame in sent] == [
        *[False] * (len(frames) - 1),
        True,
    ]


def test_room_on_the_connection_adds_up():
    server = ready(wishes={WINDOW: 10_000}, widens=False)
    for _ in range(6):
        server.post(fields=fields_for(b"-" * 10_000), body=b"-" * 10_000)
        server.talk()
    server.h2.increment_flow_control_window(4_465)  # and 5,535 are left
    server.talk()

    last = server.post(fields=fields_for(b"-" * 10_000), body=b"-" * 10_000)
    server.talk()

    assert server.posts[last].is_whole


def test_many_large_bodies_pass_through_small_windows():
    server = ready(wishes={WINDOW: 3000}, sizes=(7000, 20, 9))
    for _ in range(10):
        server.post(fields=fields_for(LARGE), body=LARGE)
        server.talk()

    assert [post.body == LARGE and post.is_whole for post in server.posts.values()] == [True] * 10


def test_bodies_that_wait_go_on_in_the_order_of_their_posts():
    server = ready(wishes={WINDOW: 0}, widens=False)
    for number in range(3):  # nobody has to look whether there is room
        body = b"%d" % number * 30_000
        server.session.post(b"/", fields_for(body), b"secret", body)
    server.talk()

    server.wish({WINDOW: 30_000})
    server.talk()
    assert [len(post.body) for post in server.posts.values()] == [30_000, 30_000, 5_535]

    server.h2.increment_flow_control_window(30_000)
    server.talk()
    assert [post.is_whole for post in server.posts.values()] == [True] * 3


def test_an_answer_before_the_end_of_the_body_ends_both():
    server = ready(wishes={WINDOW: 100}, widens=False)
    stream = server.post(fields=fields_for(LARGE), body=LARGE)
    server.talk()

    server.answer(stream, 413, b"too large")

    assert server.talk() == [(stream, 413, False)]
    assert server.resets == {stream: CANCEL}
    assert len(server.posts[stream].body) == 100
    assert server.session.has_room


@pytest.mark.parametrize("end", ["reset", "cancel", "goaway"])
def test_a_body_that_waits_is_forgotten_with_its_post(end):
    session = under_way(1, body=b"x" * 70_000)
    assert not session.has_room
    if end == "reset":
        session.receive(RstStreamFrame(1, INTERNAL).serialize())
    elif end == "cancel":
        session.cancel(1)
    else:
        session.receive(GoAwayFrame(0, last_stream_id=0).serialize())
    said(session)

    session.receive(WindowUpdateFrame(0, 70_000).serialize())
    session.receive(WindowUpdateFrame(1, 70_000).serialize())

    assert said(session) == []
    assert session.has_room == (end != "goaway")


# --- answers ---


@pytest.mark.parametrize("body", [b"", b"hi", b"x" * 50_000])
@pytest.mark.parametrize("trailers", [None, [("x-sum", "1")]])
@pytest.mark.parametrize("early", [[], [103], [100, 103, 103]])
def test_answers_of_all_shapes_end_once_with_their_status(body, trailers, early):
    server = ready(sizes=(100, 9, 1))
    stream = server.post()
    server.talk()
    for status in early:
        server.h2.send_headers(stream, [(":status", str(status)), ("link", "</a>")])
        assert server.talk() == []

    server.answer(stream, 410, body, trailers)

    assert server.talk() == [(stream, 410, False)]
    assert server.session.has_room


def test_a_post_has_not_ended_before_its_answer_has():
    server = ready()
    stream = server.post()
    server.talk()

    server.h2.send_headers(stream, [(":status", "200")])
    assert server.talk() == []
    server.h2.send_data(stream, b"a")
    assert server.talk() == []
    server.h2.send_data(stream, b"b", end_stream=True)
    assert server.talk() == [(stream, 200, False)]


@pytest.mark.parametrize(
    ("flags", "pad"),
    [
        ([], 0),
        (["PADDED"], 0),
        (["PADDED"], 255),
        (["PRIORITY"], 0),
        (["PADDED", "PRIORITY"], 0),
        (["PADDED", "PRIORITY"], 255),
    ],
)
@pytest.mark.parametrize("cuts", [None, [0], [1], [1, 1, 0]])
def test_a_head_may_be_padded_ranked_and_continued(flags, pad, cuts):
    rank = {"depends_on": 0x7F7F7F7F, "stream_weight": 200, "exclusive": True}
    rest, pieces = block(418, ("x-id", "a" * 200)), []
    for size in cuts or ():
        pieces.append(rest[:size])
        rest = rest[size:]
    pieces.append(rest)
    first = HeadersFrame(1, pieces[0], pad_length=pad, flags=["END_STREAM", *flags], **rank)
    frames = [first, *(ContinuationFrame(1, piece) for piece in pieces[1:])]
    frames[-1].flags.add("END_HEADERS")
    session = under_way()

    for frame in frames[:-1]:
        assert session.receive(frame.serialize()) == []

    assert session.receive(frames[-1].serialize()) == [(1, 418, False)]


def test_a_continued_head_does_not_end_an_answer_that_goes_on():
    session = under_way()
    whole = block(200, ("x-id", "abc"))
    session.receive(HeadersFrame(1, whole[:2]).serialize())

    assert session.receive(ContinuationFrame(1, whole[2:], flags=["END_HEADERS"]).serialize()) == []

    assert session.receive(DataFrame(1, b"", flags=["END_STREAM"]).serialize()) == [(1, 200, False)]


def test_padded_data_ends_an_answer_too():
    session = under_way()
    session.receive(head(1))

    data = DataFrame(1, b"hi", pad_length=200, flags=["PADDED", "END_STREAM"])

    assert session.receive(data.serialize()) == [(1, 200, False)]


def test_trailers_may_be_continued():
    session = under_way()
    trailers = hpack.Encoder().encode([("x-sum", "1")])
    session.receive(head(1, 201) + HeadersFrame(1, trailers[:1], flags=["END_STREAM"]).serialize())

    last = ContinuationFrame(1, trailers[1:], flags=["END_HEADERS"])

    assert session.receive(last.serialize()) == [(1, 201, False)]


@pytest.mark.parametrize(
    ("error", "is_unread"), [(NO_ERROR, False), (INTERNAL, False), (REFUSED, True), (CANCEL, False)]
)
def test_a_reset_ends_a_post_which_was_read_unless_it_was_refused(error, is_unread):
    server = ready()
    stream = server.post()
    other = server.post()
    server.talk()

    server.h2.reset_stream(stream, error)

    assert server.talk() == [(stream, None, is_unread)]
    server.answer(other)
    assert server.talk() == [(other, 200, False)]


@pytest.mark.parametrize("error", [NO_ERROR, INTERNAL])
def test_the_status_before_a_reset_holds(error):
    server = ready()
    stream = server.post()
    server.talk()
    server.h2.send_headers(stream, [(":status", "413")])
    server.h2.reset_stream(stream, error)

    assert server.talk() == [(stream, 413, False)]


def test_a_cancelled_posts_late_answer_is_nothing():
    server = ready()
    stream, other = server.post(), server.post()
    server.talk()
    server.answer(stream, 200, b"late")
    server.answer(other, 201, b"in time")

    assert server.session.cancel(stream) is None

    assert server.talk() == [(other, 201, False)]
    server.session.receive(RstStreamFrame(stream, INTERNAL).serialize())
    assert server.session.receive(head(stream, 200, "END_STREAM")) == []


def test_a_cancelled_post_is_told_to_the_server():
    server = ready()
    stream = server.post()
    server.talk()

    server.session.cancel(stream)
    server.talk()

    assert server.resets == {stream: CANCEL}


def test_who_cancels_in_the_middle_of_an_answer_learns_its_status():
    session = under_way()
    session.receive(head(1, 410))

    assert session.cancel(1) == 410


def test_after_a_goaway_the_posts_it_names_are_answered_and_the_later_ones_unread():
    server = ready()
    streams = [server.post() for _ in range(4)]
    server.talk()

    last = GoAwayFrame(0, last_stream_id=streams[1], additional_data=b"bye")
    ended = server.session.receive(last.serialize())

    assert ended == [(streams[2], None, True), (streams[3], None, True)]
    assert server.session.is_closing
    assert not server.session.has_room
    server.answer(streams[0], 200)
    server.answer(streams[1], 410)
    assert server.talk() == [(streams[0], 200, False), (streams[1], 410, False)]


def test_a_goaway_may_come_in_two_steps():
    session = under_way(3)

    first = session.receive(GoAwayFrame(0, last_stream_id=(1 << 31) - 1).serialize())
    second = session.receive(GoAwayFrame(0, last_stream_id=3).serialize())

    assert (first, second) == ([], [(5, None, True)])


def test_the_bit_before_a_streams_number_says_nothing():
    session = under_way(2)
    reserved = 1 << 31

    assert session.receive(raw(1, 0x5, reserved | 1, block(200))) == [(1, 200, False)]
    assert session.receive(raw(7, 0, 0, (reserved | 1).to_bytes(4) + bytes(4))) == [(3, None, True)]


def test_a_ping_is_answered_with_what_it_says():
    server = ready()
    server.h2.ping(b"abcdefgh")

    server.talk()

    (pong,) = [event for event in server.heard if isinstance(event, PingAckReceived)]
    assert pong.ping_data == b"abcdefgh"


def test_what_is_only_acknowledged_needs_no_answer():
    session = under_way()

    session.receive(PingFrame(0, b"abcdefgh", flags=["ACK"]).serialize())
    session.receive(SettingsFrame(0, flags=["ACK"]).serialize())

    assert session.out == []


@pytest.mark.parametrize(
    "frame",
    [
        raw(0x20, 0xFF, 0, b"grease"),
        raw(0x0B, 0, 1, b""),
        raw(0xFF, 0x5, 7, b"x" * FRAME),
        AltSvcFrame(0, b"example.com", b'h2=":443"').serialize(),
        PriorityFrame(1, depends_on=0, stream_weight=3).serialize(),
    ],
    ids=["grease", "empty", "large", "altsvc", "priority"],
)
def test_what_does_not_concern_us_is_passed_over(frame):
    session = under_way()

    assert session.receive(frame + head(1) + frame) == []

    assert session.receive(DataFrame(1, b"", flags=["END_STREAM"]).serialize()) == [(1, 200, False)]
    assert session.out == []


def test_settings_that_we_do_not_know_are_acknowledged():
    session = under_way(0)

    session.receive(SettingsFrame(0, {0x99: 7, 6: 100, 5: 20_000}).serialize())

    (answer,) = said(session)
    assert isinstance(answer, SettingsFrame)
    assert "ACK" in answer.flags
    assert session.has_room


def test_answers_may_be_more_than_our_window_in_all():
    server = ready()
    body = b"x" * 60_000
    for _ in range(300):  # 18 MB; h2 sends no more than we allow
        stream = server.post()
        server.talk()
        server.answer(stream, 200, body)
        assert server.talk() == [(stream, 200, False)]


def test_we_give_back_as_much_room_as_was_taken_padding_too():
    session = under_way()
    session.receive(head(1))
    data = DataFrame(1, b"x" * 16_000, pad_length=255, flags=["PADDED"]).serialize()

    given_back = 0
    for count in range(1, 1200):
        session.receive(data)
        given_back += sum(frame.window_increment for frame in said(session))
        taken = count * (16_000 + 256)
        assert taken - (1 << 23) <= given_back <= taken

    assert given_back > 1 << 24


# --- what is refused ---


def require_refusal(session: Session, data: bytes) -> None:
    with pytest.raises(ProtocolError):
        session.receive(data)


@pytest.mark.parametrize(
    "first",
    [
        PingFrame(0, b"abcdefgh").serialize(),
        SettingsFrame(0, flags=["ACK"]).serialize(),
        GoAwayFrame(0).serialize(),
        head(1),
        raw(0x20, 0, 0, b"grease"),
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ],
    ids=["ping", "ack", "goaway", "head", "unknown", "HTTP/1.1"],
)
def test_a_server_that_does_not_begin_with_settings_is_refused(first):
    require_refusal(Session(), first)


def test_a_push_is_refused():
    push = PushPromiseFrame(1, 2, block(200), flags=["END_HEADERS"])

    require_refusal(under_way(), push.serialize())


def test_a_frame_that_is_too_large_is_refused_as_soon_as_its_head_is_read():
    too_large = DataFrame(1, b"x" * (FRAME + 1)).serialize()

    require_refusal(under_way(), too_large[:9])
    require_refusal(under_way(), too_large)


def test_the_largest_frame_is_read():
    session = under_way()

    assert session.receive(head(1) + DataFrame(1, b"x" * FRAME).serialize()) == []


@pytest.mark.parametrize(
    "between",
    [
        DataFrame(1, b"x").serialize(),
        head(1),
        PingFrame(0, b"abcdefgh").serialize(),
        raw(0x20, 0, 0, b"grease"),
        ContinuationFrame(3, b"", flags=["END_HEADERS"]).serialize(),
    ],
    ids=["data", "head", "ping", "unknown", "another's"],
)
def test_a_head_that_is_interrupted_is_refused(between):
    session = under_way(2)
    session.receive(HeadersFrame(1, block(200)).serialize())

    require_refusal(session, between)


def test_a_continuation_of_nothing_is_refused():
    session = under_way()
    last = ContinuationFrame(1, b"", flags=["END_HEADERS"]).serialize()
    require_refusal(session, last)

    session = under_way()
    session.receive(HeadersFrame(1, block(200)).serialize() + last)
    require_refusal(session, last)


def test_a_head_without_end_is_refused():
    session = under_way()
    session.receive(HeadersFrame(1, block(200)).serialize())
    more = ContinuationFrame(1, b"x" * FRAME).serialize()

    for _ in range(3):
        session.receive(more)
    require_refusal(session, more)


@pytest.mark.parametrize(
    "data",
    [b"", b"\xbe", hpack.Encoder().encode([("x-a", "b")]), b"\x08\x03abc", b"\x08"],
    ids=["empty", "dynamic", "no status", "no number", "cut off"],
)
def test_a_head_without_a_status_is_refused(data):
    require_refusal(under_way(), HeadersFrame(1, data, flags=["END_HEADERS"]).serialize())


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x05\x88abc"])
def test_a_head_that_is_all_padding_is_refused(data):
    require_refusal(under_way(), raw(1, 0x4 | 0x8, 1, data))


def test_a_head_that_is_all_rank_is_refused():
    require_refusal(under_way(), raw(1, 0x4 | 0x20, 1, b"\x00\x00\x00"))


@pytest.mark.parametrize(
    ("kind", "stream", "sizes"),
    [
        (3, 1, [0, 3, 5]),
        (4, 0, [1, 5, 7]),
        (6, 0, [0, 7, 9]),
        (7, 0, [0, 3, 7]),
        (8, 0, [0, 3, 5]),
    ],
    ids=["reset", "settings", "ping", "goaway", "window"],
)
def test_a_frame_of_the_wrong_length_is_refused(kind, stream, sizes):
    for size in sizes:
        require_refusal(under_way(), raw(kind, 0, stream, bytes(size)))


def test_a_window_that_is_too_large_is_refused():
    require_refusal(under_way(), SettingsFrame(0, {WINDOW: 1 << 31}).serialize())


# --- chance ---


class Chaos:
    """A session that hears anything, and what must be so all the same."""

    def __init__(self) -> None:
        self.session = Session()
        self.streams: set[int] = set()

    def hear(self, data: bytes) -> bool:
        """Tell whether the session still goes on."""
        try:
            ended = self.session.receive(data)
        except ProtocolError:
            return False
        for stream, status, _ in ended:
            self.streams.remove(stream)
            assert status is None or 200 <= status <= 999
        if self.session.has_room and len(self.streams) < 4:
            body = LARGE if len(self.streams) == 3 else HELLO
            self.streams.add(self.session.post(b"/", FIELDS, b"secret", body))
        said(self.session)
        return True


FRAMES = st.builds(
    raw,
    st.integers(0, 10),
    st.integers(0, 255) | st.sampled_from([0, 0x4, 0x5]),
    st.sampled_from([0, 1, 3, 5, 7]),
    st.binary(max_size=40) | st.sampled_from([b"\x88", bytes(4), bytes(8), bytes(6)]),
)


@settings(max_examples=300, deadline=None)
@given(data=st.lists(st.binary(max_size=60) | FRAMES, max_size=20), is_begun=st.booleans())
def test_nothing_that_comes_raises_anything_else(data, is_begun):
    chaos = Chaos()
    if is_begun:
        chaos.hear(SettingsFrame().serialize())

    for piece in data:
        if not chaos.hear(piece):
            break


@functools.cache
def conversation() -> bytes:
    """Return all that a server says to whom `Chaos` posts."""
    encoder = hpack.Encoder()
    encoder.header_table_size = 0
    more = encoder.encode([(":status", "410"), ("x-id", "abc")])
    return b"".join(
        (
            SettingsFrame(0, {TABLE: 100, MOST: 5, WINDOW: 20_000}).serialize(),
            SettingsFrame(0, flags=["ACK"]).serialize(),
            PingFrame(0, b"abcdefgh").serialize(),
            head(1, 103),
            head(1, 200),
            DataFrame(1, b"hello", flags=["END_STREAM"]).serialize(),
            HeadersFrame(3, more[:2], pad_length=3, flags=["PADDED", "END_STREAM"]).serialize(),
            ContinuationFrame(3, more[2:], flags=["END_HEADERS"]).serialize(),
            WindowUpdateFrame(7, 30_000).serialize(),
            WindowUpdateFrame(0, 30_000).serialize(),
            head(5, 200, "PRIORITY"),
            head(5, 299, "END_STREAM"),
            SettingsFrame(0, {TABLE: 0, WINDOW: 10}).serialize(),
            RstStreamFrame(7, REFUSED).serialize(),
            GoAwayFrame(0, last_stream_id=9).serialize(),
            head(9, 204, "END_STREAM"),
        )
    )


def mutated(data: bytes, chance: random.Random) -> bytes:
    text = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text))
        match chance.randrange(4):
            case 0:
                text[at] ^= 1 << chance.randrange(8)
            case 1:
                text[at] = chance.randrange(256)
            case 2:
                del text[at : at + chance.randint(1, 12)]
            case _:
                text[at:at] = text[at - chance.randint(1, 30) : at] or b"\x00"
    return bytes(text)


def test_the_good_conversation_is_understood_to_its_end():
    chaos = Chaos()

    assert all(chaos.hear(bytes((byte,))) for byte in conversation())

    assert chaos.session.is_closing
    assert not chaos.streams & {1, 3, 5, 7, 9}


def test_no_good_conversation_gone_bad_raises_anything_else():
    for seed in range(1500):
        chance = random.Random(seed)
        chaos = Chaos()
        data = mutated(conversation(), chance)
        try:
            for piece in cut(data, itertools.cycle([chance.randint(1, 60)])):
                if not chaos.hear(piece):
                    break
        except BaseException as problem:
            problem.add_note(f"seed {seed}: {data.hex()}")
            raise
