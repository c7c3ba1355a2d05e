//! The form of a new vcluster: what its fields say, and the order that makes. Pure.

use domain::Violation;
use leptos_router::params::ParamsMap;
use serde::{Deserialize, Serialize};
use wire::vcluster::{CreateVcluster, NodeResources};

use crate::defaults::Size;

/// The value of the image choice that means "what I typed".
pub(crate) const OTHER_IMAGE: &str = "other";
/// The value of the size choice that means "what I typed".
pub(crate) const CUSTOM_SIZE: &str = "custom";

/// The value of a box that is ticked.
pub(crate) const TICKED: &str = "true";

/// The fields by their names in the form's own address.
const FIELDS: [&str; 8] = ["name", "image", "other_image", "nodes", "size", "cpus", "memory_mib", "autostart"];

/// The fields as a form sends them: texts, so that each wrong one can be named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderForm {
    pub name: String,
    /// An image, or [`OTHER_IMAGE`].
    pub image: String,
    #[serde(default)]
    pub other_image: String,
    pub nodes: String,
    /// A [`Size`], or [`CUSTOM_SIZE`].
    pub size: String,
    #[serde(default)]
    pub cpus: String,
    #[serde(default)]
    pub memory_mib: String,
    /// [`TICKED`], or nothing: a box that is not ticked is not sent.
    #[serde(default)]
    pub autostart: String,
    /// The same for one filled-in form, so that sending it twice orders once.
    pub key: String,
}

impl OrderForm {
    /// The order, or every field that is no number where one is needed. What is too much or too little is control's to say.
    pub(crate) fn parse(&self) -> Result<CreateVcluster, Vec<Violation>> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, rule: &str| faults.push(Violation::new(field, rule));
        let nodes = self.nodes.trim().parse().map_err(|_| fault("nodes", "must be a whole number")).unwrap_or_default();
        let resources = self.resources(&mut fault);
        let image = if self.image == OTHER_IMAGE { self.other_image.trim() } else { self.image.as_str() };
        let name = self.name.trim().to_owned();
        let order = CreateVcluster {
            autostart: self.autostart == TICKED,
            ..CreateVcluster::new(name, image.to_owned(), nodes, resources)
        };
        if faults.is_empty() { Ok(order) } else { Err(faults) }
    }

    fn resources(&self, fault: &mut impl FnMut(&str, &str)) -> NodeResources {
        if let Some(size) = Size::ALL.into_iter().find(|size| size.as_str() == self.size) {
            return size.resources();
        }
        let cpus = number(&self.cpus).unwrap_or_else(|| {
            fault("resources.cpus", "must be a number, such as 0.5 or 2");
            0.0
        });
        let memory_mib = self.memory_mib.trim().parse().unwrap_or_else(|_| {
            fault("resources.memory_mib", "must be a whole number of MiB, such as 1024");
            0
        });
        NodeResources { cpus, memory_mib }
    }

    /// The form's own address with everything that was filled in, for coming back to it.
    #[cfg(any(feature = "ssr", test))]
    pub(crate) fn address(&self) -> String {
        let Self { name, image, other_image, nodes, size, cpus, memory_mib, autostart, key: _ } = self;
        let values = [name, image, other_image, nodes, size, cpus, memory_mib, autostart];
        let pair = |(field, value): (&str, &String)| format!("{field}={}", leptos_router::location::Url::escape(value));
        let query: Vec<String> = FIELDS.into_iter().zip(values).map(pair).collect();
        format!("{}?{}", crate::routes::NEW_VCLUSTER, query.join("&"))
    }

    /// This form, with what the address says instead.
    pub(crate) fn with_address(mut self, query: &ParamsMap) -> Self {
        let Self { name, image, other_image, nodes, size, cpus, memory_mib, autostart, key: _ } = &mut self;
        let values = [name, image, other_image, nodes, size, cpus, memory_mib, autostart];
        for (field, value) in FIELDS.into_iter().zip(values) {
            if let Some(given) = query.get(field) {
                *value = given;
            }
        }
        self
    }

    #[cfg(any(feature = "ssr", test))]
    /// Names the order: the same form with another name is another order.
    pub(crate) fn idempotency_key(&self) -> String {
        format!("{}-{}", self.key, self.name.trim())
    }
}

/// People write decimals with a comma, too.
pub(crate) fn number(text: &str) -> Option<f64> {
    text.trim().replace(',', ".").parse().ok().filter(|n: &f64| n.is_finite())
}

/// The form with everything chosen.
pub(crate) fn filled(name: String, image: String, nodes: u8, size: Size, key: String) -> OrderForm {
    let NodeResources { cpus, memory_mib } = size.resources();
    OrderForm {
        name,
        image,
        other_image: String::new(),
        nodes: nodes.to_string(),
        size: size.as_str().into(),
        cpus: cpus.to_string(),
        memory_mib: memory_mib.to_string(),
        autostart: TICKED.into(),
        key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: &str = "registry.example.org/course";

    fn form() -> OrderForm {
        filled("quiet-harbor".into(), IMAGE.into(), 2, Size::Medium, "7".into())
    }

    #[test]
    fn the_filled_in_form_is_an_order() {
        let order = form().parse().expect("defaults are fine");
        assert_eq!((order.name.as_str(), order.image.as_str(), order.nodes), ("quiet-harbor", IMAGE, 2));
        assert_eq!(order.resources, Size::Medium.resources());
        assert!(order.autostart);
        let unticked = OrderForm { autostart: String::new(), ..form() };
        assert_eq!(unticked.parse().map(|order| order.autostart), Ok(false));
    }

    #[test]
    fn what_is_typed_counts_only_where_it_was_chosen() {
        let mut form = OrderForm { other_image: " debian:bookworm ".into(), cpus: "1,5".into(), ..form() };
        assert_eq!(form.parse().map(|order| order.image), Ok(IMAGE.into()));
        form.image = OTHER_IMAGE.into();
        form.size = CUSTOM_SIZE.into();
        let order = form.parse().expect("typed values are good");
        assert_eq!(order.image, "debian:bookworm");
        assert!((order.resources.cpus - 1.5).abs() < f64::EPSILON);
    }

    #[test]
    fn every_field_that_is_no_number_is_named() {
        let form = OrderForm {
            nodes: "1.5".into(),
            size: CUSTOM_SIZE.into(),
            cpus: "NaN".into(),
            memory_mib: "much".into(),
            ..form()
        };
        let fields: Vec<String> =
            form.parse().expect_err("three faults").into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["nodes", "resources.cpus", "resources.memory_mib"]);
    }

    #[test]
    fn what_was_filled_in_comes_back_by_the_address() {
        let sent = OrderForm { name: "a & b=c".into(), nodes: "1.5".into(), size: CUSTOM_SIZE.into(), ..form() };
        let sent = OrderForm { autostart: String::new(), ..sent };
        let address = sent.address();
        let (path, query) = address.split_once('?').expect("a query");
        assert_eq!(path, crate::routes::NEW_VCLUSTER);
        let unescaped = |pair: &str| {
            let (field, value) = pair.split_once('=').expect("a pair");
            (field.to_owned(), leptos_router::location::Url::unescape(value))
        };
        let query: ParamsMap = query.split('&').map(unescaped).collect();
        assert_eq!(form().with_address(&query), sent);
    }

    #[test]
    fn another_name_is_another_order() {
        assert_ne!(form().idempotency_key(), OrderForm { name: "lab".into(), ..form() }.idempotency_key());
    }
}
