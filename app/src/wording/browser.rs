//! What a browser calls itself, in plain words. Pure. Browsers say they are all the others, too, so the order matters.

use catalogue::t;

/// `Firefox on Linux`; where it is no browser that is known, the first word of what it says.
pub(crate) fn browser(agent: Option<&str>) -> String {
    const BROWSERS: [(&str, &str); 8] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 8] = [
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
        ("BSD", "BSD"),
    ];
    let Some(agent) = agent.filter(|agent| !agent.is_empty()) else { return t!("profile-browser-unknown") };
    let of =
        |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (of(&BROWSERS), of(&SYSTEMS)) {
        (Some(browser), Some(system)) => t!("profile-browser-on", browser = browser, system = system),
        (Some(browser), None) => browser.to_owned(),
        // A program says its own name first: `curl/8.5.0`.
        (None, _) => agent.split([' ', '/']).next().unwrap_or(agent).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_told_apart_though_each_says_it_is_all_of_them() {
        const WEBKIT: &str = "AppleWebKit/537.36 (KHTML, like Gecko)";
        let said = |agent: String| browser(Some(&agent));
        assert_eq!(
            said("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0".into()),
            "Firefox on Linux"
        );
        assert_eq!(
            said(format!(
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0"
            )),
            "Edge on Windows"
        );
        assert_eq!(
            said(format!("Mozilla/5.0 (Linux; Android 14) {WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36")),
            "Chrome on Android"
        );
        assert_eq!(
            said(
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15".into()
            ),
            "Safari on macOS"
        );
    }

    #[test]
    fn what_is_no_browser_is_called_by_its_first_word() {
        assert_eq!(browser(Some("curl/8.5.0")), "curl");
        assert_eq!(browser(Some("Chrome/1")), "Chrome");
        assert_eq!([browser(None), browser(Some(""))], ["an unknown browser", "an unknown browser"]);
    }
}
