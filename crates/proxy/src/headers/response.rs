//! From the app to the browser.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, response};

use super::{ForeignScheme, OwnNames, Site, cookies, hop, location};

/// Headers that act on more than the answer they stand in: on the whole host, its siblings or its other ports.
static TOO_FAR: [HeaderName; 8] = [
    header::STRICT_TRANSPORT_SECURITY,
    header::ALT_SVC,
    header::PUBLIC_KEY_PINS,
    header::PUBLIC_KEY_PINS_REPORT_ONLY,
    HeaderName::from_static("clear-site-data"),
    HeaderName::from_static("expect-ct"),
    HeaderName::from_static("nel"),
    HeaderName::from_static("report-to"),
];

/// Makes the head what the browser may see. `port` is the app's own.
pub(crate) fn confine(
    head: &mut response::Parts,
    method: &Method,
    port: u16,
    site: &Site<'_>,
    names: &OwnNames,
) -> Result<(), ForeignScheme> {
    let headers = &mut head.headers;
    let upgrade =
        (head.status == StatusCode::SWITCHING_PROTOCOLS).then(|| headers.get(header::UPGRADE).cloned()).flatten();
    if headers.contains_key(header::TRANSFER_ENCODING) && method != Method::HEAD {
        // Of two lengths the other one was believed.
        headers.remove(header::CONTENT_LENGTH);
    }
    hop::remove(headers);
    for name in &TOO_FAR {
        headers.remove(name);
    }
    if site.prefix.is_some() {
        headers.remove("service-worker-allowed");
    }
    cookies::confine(headers, site, names);
    confine_location(headers, port, site)?;
    confine_refresh(headers);
    if let Some(ancestors) = site.frame_ancestors
        && let Ok(policy) = HeaderValue::try_from(format!("frame-ancestors {ancestors}"))
    {
        // One more policy narrows those of the app.
        headers.append(header::CONTENT_SECURITY_POLICY, policy);
    }
    if let Some(protocol) = upgrade {
        headers.insert(header::UPGRADE, protocol);
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    }
    Ok(())
}

fn confine_location(headers: &mut HeaderMap, port: u16, site: &Site<'_>) -> Result<(), ForeignScheme> {
    let Some(value) = headers.get(header::LOCATION) else { return Ok(()) };
    // What is not UTF-8 is no scheme; as before it is the browser's to make sense of.
    let text = String::from_utf8_lossy(value.as_bytes());
    if let Some(confined) = location::confine(&text, site, port)? {
        match HeaderValue::from_bytes(confined.as_bytes()) {
            Ok(confined) => headers.insert(header::LOCATION, confined),
            Err(_) => headers.remove(header::LOCATION),
        };
    }
    Ok(())
}

/// `Refresh` is a redirect, too.
fn confine_refresh(headers: &mut HeaderMap) {
    let Some(value) = headers.get(header::REFRESH) else { return };
    let text = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
    if ["javascript:", "data:", "vbscript:"].iter().any(|scheme| text.contains(scheme)) {
        headers.remove(header::REFRESH);
    }
}

#[cfg(test)]
mod tests;
