//! Why a request is refused, and how that is told to the task that answers.

use http::{Method, Request};

/// The method of the request that stands for a refused one.
const MARKER: &str = "DOCKLET-REFUSED";

macro_rules! refusals {
    ($($name:ident = $code:literal, $sentence:literal;)*) => {
        /// What was wrong; `Display` is a sentence for people.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
        pub enum Refusal {
            $(#[error($sentence)] $name,)*
        }

        impl Refusal {
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

            fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$name),)* _ => None }
            }
        }
    };
}

refusals! {
    LengthAndEncoding = "length-and-encoding", "The request has both Content-Length and Transfer-Encoding.";
    SeveralLengths = "several-lengths", "The request has more than one Content-Length.";
    BadLength = "bad-length", "The request's Content-Length is not a plain number.";
    BadEncoding = "bad-encoding", "The only Transfer-Encoding understood is a single `chunked`, in HTTP/1.1.";
    Folded = "folded", "A header line continues on the next line, which HTTP does not allow any more.";
    BareLineFeed = "bare-lf", "A line ends with LF alone; HTTP lines end with CR LF.";
    BareReturn = "bare-cr", "A CR stands alone; HTTP lines end with CR LF.";
    Nul = "nul", "There is a NUL byte in the head of the request.";
    SpaceInName = "space-in-name", "There is a space in or behind the name of a header.";
    BadLine = "bad-line", "A header line has no name or no colon.";
    BadRequestLine = "bad-request-line", "The first line is not `METHOD target HTTP/1.1`.";
    Connect = "connect", "CONNECT is not offered here.";
    NoHost = "no-host", "The request has no Host.";
    SeveralHosts = "several-hosts", "The request has more than one Host.";
    BadHost = "bad-host", "The request's Host is no host name.";
    OtherHost = "other-host", "The address of the request names another host than its Host.";
    TooLarge = "too-large", "The head of the request is larger than 64 KiB.";
    TooManyCookies = "too-many-cookies", "The head of the request is larger than 64 KiB, and most of it are cookies.";
    BadChunk = "bad-chunk", "The chunked body of the request is malformed.";
}

impl Refusal {
    /// The refusal that this request stands for, if it does. Such a request that is sent by hand is refused as well.
    pub fn of<B>(request: &Request<B>) -> Option<Self> {
        // Methods of the standard are compared without their text.
        if matches!(*request.method(), Method::GET | Method::POST | Method::HEAD) || request.method() != MARKER {
            return None;
        }
        Some(Self::from_code(request.uri().path().trim_start_matches('/')).unwrap_or(Self::BadRequestLine))
    }

    /// The head of the request that stands for it.
    pub(crate) fn marker(self) -> String {
        format!("{MARKER} /{} HTTP/1.1\r\nhost: refused.invalid\r\nconnection: close\r\n\r\n", self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_comes_back_from_its_marker() {
        for refusal in Refusal::ALL {
            let marker = refusal.marker();
            let target = marker.split(' ').nth(1).expect("a target");
            let request = Request::builder().method(MARKER).uri(target).body(()).expect("a request");
            assert_eq!(Refusal::of(&request), Some(*refusal));
        }
        let other = Request::builder().method("POST").uri("/bare-lf").body(()).expect("a request");
        assert_eq!(Refusal::of(&other), None);
    }
}
