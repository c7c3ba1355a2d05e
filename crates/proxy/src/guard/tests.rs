//! What the guard lets through and what it refuses, whatever pieces the bytes come in.

use proptest::prelude::*;

use super::*;

/// Feeds the stream in pieces of these sizes; how many bytes passed, and what was refused.
fn feed(stream: &[u8], pieces: &[usize]) -> (usize, Option<Refusal>) {
    let (mut guard, mut passed, mut seen) = (Guard::default(), 0, 0);
    let mut pieces = pieces.iter().copied().chain(std::iter::repeat(usize::MAX));
    loop {
        let step = pieces.next().unwrap_or(usize::MAX).max(1).min(stream.len() - seen);
        seen += step;
        let advance = guard.advance(&stream[passed..seen]);
        passed += advance.passed;
        assert!(passed <= seen);
        if advance.refusal.is_some() || seen == stream.len() {
            return (passed, advance.refusal);
        }
    }
}

fn verdict(stream: &str) -> Option<Refusal> {
    feed(stream.as_bytes(), &[]).1
}

fn with(fields: &str) -> String {
    format!("POST /x HTTP/1.1\r\nHost: a.localhost:8000\r\n{fields}\r\n")
}

#[test]
fn good_requests_pass_untouched() {
    for stream in [
        with(""),
        with("Content-Length: 3\r\n") + "abc" + &with("content-length:\t0 \r\n") + &with(""),
        with("Transfer-Encoding: chunked\r\n")
            + "3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\nX-Trailer: 1\r\n\r\n"
            + &with(""),
        with("X: \u{e4}\u{f6}\r\nEmpty:\r\n"),
        format!("\r\n{}", with("")),
        "GET http://A.localhost:8000?x HTTP/1.1\r\nhost: a.localhost:8000\r\n\r\n".into(),
        "OPTIONS * HTTP/1.0\r\nhost: [::1]:80\r\n\r\n".into(),
    ] {
        assert_eq!(feed(stream.as_bytes(), &[]), (stream.len(), None), "{stream:?}");
    }
}

#[test]
fn a_request_with_two_meanings_is_refused() {
    use Refusal as R;
    for (fields, refusal) in [
        ("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", R::LengthAndEncoding),
        ("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", R::LengthAndEncoding),
        ("Content-Length: 3\r\nContent-Length: 3\r\n", R::SeveralLengths),
        ("Content-Length: 3\r\nContent-Length: 4\r\n", R::SeveralLengths),
        ("Content-Length: 3, 3\r\n", R::BadLength),
        ("Content-Length: +3\r\n", R::BadLength),
        ("Content-Length: 0x3\r\n", R::BadLength),
        ("Content-Length:\r\n", R::BadLength),
        ("Content-Length: 1234567890123456789\r\n", R::BadLength),
        ("Content_Length: 3\r\n", R::BadLength),
        ("Transfer_Encoding: chunked\r\n", R::BadEncoding),
        ("Transfer-Encoding: gzip, chunked\r\n", R::BadEncoding),
        ("Transfer-Encoding: identity\r\n", R::BadEncoding),
        ("Transfer-Encoding: \u{b}chunked\r\n", R::BadEncoding),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", R::BadEncoding),
        ("X: a\r\n b\r\n", R::Folded),
        ("X: a\r\n\tb\r\n", R::Folded),
        ("X: a\nY: b\r\n", R::BareLineFeed),
        ("X: a\rY: b\r\n", R::BareReturn),
        ("X: a\r\r\n", R::BareReturn),
        ("X: a\0b\r\n", R::Nul),
        ("X : a\r\n", R::SpaceInName),
        ("X\t: a\r\n", R::SpaceInName),
        ("X Y: a\r\n", R::SpaceInName),
        ("X\r\n", R::BadLine),
        (": a\r\n", R::BadLine),
        ("Host: b.localhost\r\n", R::SeveralHosts),
        ("Host: a.localhost:8000\r\n", R::SeveralHosts),
    ] {
        assert_eq!(verdict(&with(fields)), Some(refusal), "{fields:?}");
    }
}

#[test]
fn a_request_line_with_two_meanings_is_refused() {
    use Refusal as R;
    for (head, refusal) in [
        ("GET / HTTP/1.1\r\n\r\n", R::NoHost),
        ("GET / HTTP/1.1\r\nHost:\r\n\r\n", R::NoHost),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", R::BadHost),
        ("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", R::BadHost),
        ("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", R::BadHost),
        ("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", R::OtherHost),
        ("GET https://a:81/ HTTP/1.1\r\nHost: a\r\n\r\n", R::OtherHost),
        ("GET http://a@b/ HTTP/1.1\r\nHost: b\r\n\r\n", R::OtherHost),
        ("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", R::BadRequestLine),
        ("GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", R::BadRequestLine),
        ("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", R::Connect),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", R::BadRequestLine),
        ("GET / x HTTP/1.1\r\nHost: a\r\n\r\n", R::BadRequestLine),
        ("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", R::BadRequestLine),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", R::BadRequestLine),
        ("GET /\r\nHost: a\r\n\r\n", R::BadRequestLine),
        (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", R::BadRequestLine),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", R::BadRequestLine),
        ("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", R::BadRequestLine),
        ("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", R::BadEncoding),
        ("\n", R::BareLineFeed),
    ] {
        assert_eq!(verdict(head), Some(refusal), "{head:?}");
    }
}

#[test]
fn a_malformed_chunk_is_refused() {
    for body in [
        "x\r\n",
        "\r\n",
        "3\nabc\r\n0\r\n\r\n",
        "3\r\nabcd\r\n",
        "3\r\nabc\n0\r\n\r\n",
        "3 \r\nabc\r\n",
        "3;a\nb\r\nabc\r\n",
        "3;a\0\r\nabc\r\n",
        "1234567890abcdef\r\n",
        "-1\r\n",
        "0\r\nX: a\n\r\n",
        "0\r\n X: a\r\n\r\n",
        "0\r\n\rX",
    ] {
        let stream = with("Transfer-Encoding: chunked\r\n") + body;
        assert_eq!(verdict(&stream), Some(Refusal::BadChunk), "{body:?}");
    }
    let long = with("Transfer-Encoding: chunked\r\n") + "3;" + &"x".repeat(2000) + "\r\nabc\r\n";
    assert_eq!(verdict(&long), Some(Refusal::BadChunk));
}

#[test]
fn a_head_may_be_64_kib_long_and_no_byte_more() {
    let rest = with("X: \r\n").len();
    let fits = with(&format!("X: {}\r\n", "a".repeat(LARGEST_HEAD - rest)));
    assert_eq!(feed(fits.as_bytes(), &[1000; 100]), (LARGEST_HEAD, None));
    let long = with(&format!("X: {}\r\n", "a".repeat(LARGEST_HEAD - rest + 1)));
    assert_eq!(verdict(&long), Some(Refusal::TooLarge));
    assert_eq!(verdict(&"a".repeat(LARGEST_HEAD + 1)), Some(Refusal::TooLarge), "without any line");
}

#[test]
fn a_head_full_of_cookies_is_told_from_other_large_ones() {
    let cookies = format!("cOOkie: {}\r\n", "a=b; ".repeat(LARGEST_HEAD / 5));
    assert_eq!(verdict(&with(&cookies)), Some(Refusal::TooManyCookies));
    let several = format!("Cookie: {}\r\n", "a".repeat(LARGEST_HEAD / 3)).repeat(4);
    assert_eq!(verdict(&with(&several)), Some(Refusal::TooManyCookies));
    let few = format!("Cookie: a=b\r\nX-Cookie: {}\r\n", "a".repeat(LARGEST_HEAD));
    assert_eq!(verdict(&with(&few)), Some(Refusal::TooLarge), "a large header that is no cookie clears no cookies");
}

#[test]
fn behind_an_upgrade_nothing_passes_until_it_is_answered() {
    let request = with("Connection: upgrade\r\nUpgrade: websocket\r\n");
    let stream = format!("{request}\u{0}\nnot http");
    for (upgraded, refusal) in [(true, None), (false, Some(Refusal::Nul))] {
        let mut guard = Guard::default();
        assert_eq!(guard.advance(stream.as_bytes()), Advance { passed: request.len(), refusal: None });
        assert!(guard.is_held());
        guard.answered(upgraded);
        assert_eq!(guard.advance(&stream.as_bytes()[request.len()..]).refusal, refusal);
    }
}

/// A valid stream of requests.
fn stream() -> impl Strategy<Value = String> {
    let field = ("[A-Za-z][A-Za-z-]{0,8}Q", "[ -~]{0,20}").prop_map(|(name, value)| format!("{name}: {value}\r\n"));
    let fields = prop::collection::vec(field, 0..4).prop_map(|fields| fields.concat());
    let body = prop_oneof![
        Just(("".to_owned(), "".to_owned())),
        "[a-z\r\n\u{0}]{0,40}".prop_map(|body| (format!("Content-Length: {}\r\n", body.len()), body)),
        prop::collection::vec("[a-z\r\n]{1,20}", 0..4).prop_map(|chunks| {
            let chunks: String = chunks.iter().map(|chunk| format!("{:x};e\r\n{chunk}\r\n", chunk.len())).collect();
            ("Transfer-Encoding: chunked\r\n".to_owned(), chunks + "0\r\nT: x\r\n\r\n")
        }),
    ];
    let request = (fields, body).prop_map(|(fields, (length, body))| with(&(fields + &length)) + &body);
    prop::collection::vec(request, 1..5).prop_map(|requests| requests.concat())
}

proptest! {
    #[test]
    fn a_valid_stream_passes_whole_however_it_is_cut(stream in stream(), pieces in prop::collection::vec(1usize..50, 0..60)) {
        prop_assert_eq!(feed(stream.as_bytes(), &pieces), (stream.len(), None));
    }

    #[test]
    fn any_stream_has_one_verdict_however_it_is_cut(
        stream in stream(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(b"\r\n\0 :;0,Aa".to_vec())), 0..4),
        pieces in prop::collection::vec(1usize..50, 0..60),
    ) {
        let mut bytes = stream.into_bytes();
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let whole = feed(&bytes, &[]);
        let cut = feed(&bytes, &pieces);
        prop_assert_eq!(whole.1, cut.1);
        // Of a broken chunk more or less has passed already; heads pass as wholes.
        if whole.1 != Some(Refusal::BadChunk) {
            prop_assert_eq!(whole.0, cut.0);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), pieces in prop::collection::vec(1usize..50, 0..60)) {
        feed(&bytes, &pieces);
        feed(&[with("Transfer-Encoding: chunked\r\n").as_bytes(), &bytes].concat(), &pieces);
    }
}
